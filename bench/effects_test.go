package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hypnos/zoo"
)

// A flag that has no effect as the others stand is an error of one line, in all
// commands alike, before anything is read or written.
func TestFlagsWithoutEffect(t *testing.T) {
	dir := t.TempDir()
	_, weights := writeWeights(t, "resnet8", zoo.Config{Width: 1, Classes: 10})
	out := filepath.Join(dir, "out")
	for args, want := range map[string]string{
		"compare -momentum 0.8":                               "-momentum has no effect: -optimizer adamw has none of its own to set",
		"compare -optimizer sgd -momentum 0.8":                "-momentum has no effect: -schedule onecycle moves it",
		"compare -milestones 1":                               "-milestones has no effect: it is of -schedule multistep, and this is onecycle",
		"train -schedule constant -gamma 0.5":                 "-gamma has no effect: it is of -schedule multistep, and this is constant",
		"compare -sleep-gamma 0.1":                            "-sleep-gamma has no effect: it is of -sleep hebbian and dynamic, and this is instant",
		"compare -sleep-engine graph":                         "-sleep-engine has no effect: it is of -sleep hebbian and dynamic, and this is instant",
		"compare -sleep hebbian -sleep-tau 2":                 "-sleep-tau has no effect: it is of -sleep dynamic, and this is hebbian",
		"compare -sleep dynamic -sleep-settle 2":              "-sleep-settle has no effect: it is of -sleep-over-time",
		"compare -variants conv,lc -sleep hebbian":            "-sleep has no effect: it is of variants that sleep, and none is here",
		"train -variant lc-translate-2 -sleep-period 6":       "-sleep-period has no effect: it is of variants that sleep",
		"train -deviation 0.1":                                "-deviation has no effect: it is of local layers, and the variant conv has none",
		"train -data-dir " + dir:                              "-data-dir has no effect: -data sample is in the program itself",
		"train -skip-bad-images":                              "-skip-bad-images has no effect: the data set is not of JPEG and PNG files",
		"train -checkpoint-every 1":                           "-checkpoint-every has no effect: checkpoints are kept in -out, and none is given",
		"train -fresh":                                        "-fresh has no effect: checkpoints are kept in -out",
		"compare -quick -epochs 1 -seeds 1 -evaluate-every 1": "-quick has no effect: -epochs, -evaluate-every and -seeds say all",
		"search -lr 0.1":                                      "-lr has no effect: search tries all -rates",
		"converge -quick -trials 1":                           "-quick has no effect: -trials says all",
		"speed -python python3":                               "-python has no effect: it is of -peer, and none is named",
		"speed -data-dir " + dir:                              "-data-dir has no effect: -data sample",
		"summary resnet8 -conv-1x1":                           "-conv-1x1 has no effect: it is of local layers, and the variant conv has none",
		"graph resnet8 -unroll -o " + out + ".svg":            "-unroll has no effect: resnet8 has no loop",
		"graph resnet8 -first-conv 1 -o " + out + ".svg":      "-first-conv has no effect: it is of local layers",
		"filters resnet8 -by channel -o " + out + ".png":      "-by has no effect: the first layer is convolutional",
		"filters resnet8 -variant lc -first-conv 1 -locations 2 -o " + out + ".png": "-locations has no effect: the first layer is convolutional",
		"predict resnet8 -width 1 -classes 10 -seed 2 -weights " + weights:          "-seed has no effect: all weights are those of the file",
		"predict resnet8 -width 1 -data-dir " + dir + " -weights " + weights:        "-data-dir has no effect: it is of -data, and none is named",
		"features resnet8 -freeze-1x1":                                              "-freeze-1x1 has no effect: it is of local layers",
		"eval resnet8 -width 1 -data-dir " + dir + " -weights " + weights:           "-data-dir has no effect: -data sample",
		"eval resnet8 -width 1 -skip-bad-images -weights " + weights:                "-skip-bad-images has no effect: the data set is not of JPEG and PNG files",
		"brain -models pixels -width 4":                                             "-width has no effect: it is of models of the command list, and -models names none",
		"brain -models pixels -untrained":                                           "-untrained has no effect: it is of the networks of folders, and -models names none",
		"brain -models pixels,resnet8 -data-dir " + dir:                             "-data-dir has no effect: it is of the networks of folders",
		"brain -models pixels -batch 2":                                             "-batch has no effect: it is of networks, and -models names none",
		"brain -models resnet8 -deviation 0.1":                                      "-deviation has no effect: it is of local layers",
	} {
		given := strings.Fields(args)
		if slices.Contains([]string{"compare", "brain"}, given[0]) {
			given = append(given, "-out", out)
		}
		status, stdout, stderr := bench(t.Context(), given...)
		if status != 1 || stdout != "" || !strings.HasPrefix(stderr, "bench: "+want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, stdout %q, stderr %q; want one line with %q", args, status, stdout, stderr, want)
		}
	}
	if kept, _ := filepath.Glob(out + "*"); kept != nil {
		t.Errorf("%q are written", kept)
	}
}
