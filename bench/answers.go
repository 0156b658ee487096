package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/bench/look"
	"hypnos/bench/setting"
	"hypnos/data"
	"hypnos/graph"
)

// pictureFlags name the pictures that a network is shown.
type pictureFlags struct{ paths []string }

// register adds the flag.
func (f *pictureFlags) register(fs *flag.FlagSet) {
	fs.Func("images", "`folder` of JPEG and PNG files, or a file; others may follow", func(path string) error {
		f.paths = append(f.paths, path)
		return nil
	})
}

// open finds the pictures and prepares them as the weights that the model was
// published with expect, in proportion for images of another size. None is read
// yet, but to skip bad ones.
func (f pictureFlags) open(ctx context.Context, c console, m modelFlags, model string, net *graph.Network) (*look.Pictures, error) {
	if err := m.checkBatch(); err != nil {
		return nil, err
	}
	if len(f.paths) == 0 {
		return nil, errors.New("-images is missing: a folder of pictures, or files")
	}
	files, err := data.Pictures(f.paths...)
	if err != nil {
		return nil, err
	}
	files.Background = m.background()
	c.note(files.Notes()...)
	set, err := look.PreparedFor(files, model, net, m.spec.Batch)
	if err != nil || !m.spec.Data.SkipBad {
		return set, err
	}
	indices, err := experiment.Readable(ctx, set.Prepared, "", c.observer())
	if err != nil {
		return nil, err
	}
	return look.PreparedFor(files.Subset(indices), model, net, m.spec.Batch)
}

func predictCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("predict", flag.ContinueOnError)
	var p prediction
	p.model.register(fs)
	p.model.registerWeights(fs)
	p.model.registerPictures(fs, 16)
	p.pictures.register(fs)
	fs.IntVar(&p.top, "top", 5, "show the `n` likeliest classes")
	fs.StringVar(&p.classesFile, "classes-file", "", "`file` of the names of classes: a name on each line in the order of the network's classes, or with indices, or JSON, YAML or a Python dict")
	fs.StringVar(&p.model.spec.Data.Name, "data", "", "`name` of the data set that the network was trained on: names of classes, and mean and deviation of the images, instead of the model's published ones")
	register(fs, &p.model.spec, "data-dir")
	fs.StringVar(&p.out, "o", "", "`file` to write instead of a table: .csv or .json")
	return &ffcli.Command{
		Name:       "predict",
		ShortUsage: "go run ./bench predict MODEL -weights FILE -images FOLDER|FILE… [flags]",
		ShortHelp:  "show what a network takes pictures for",
		FlagSet:    fs,
		Exec: func(ctx context.Context, args []string) error {
			model, more, err := modelFirst(fs, args)
			if err != nil {
				return err
			}
			p.pictures.paths = append(p.pictures.paths, more...)
			named := effect{[]string{"data-dir"}, p.model.spec.Data.Name != "", "it is of -data, and none is named"}
			if err := p.model.needEffects(given(fs), named); err != nil {
				return err
			}
			return p.run(ctx, c, model)
		},
	}
}

// prediction is what the flags of bench predict say.
type prediction struct {
	model            modelFlags
	pictures         pictureFlags
	top              int
	classesFile, out string
}

func (p prediction) run(ctx context.Context, c console, model string) error {
	if p.top < 1 {
		return errors.Errorf("-top %d, want at least 1", p.top)
	}
	if err := p.model.needWeights(); err != nil {
		return err
	}
	names, normalisation, err := p.classes(c)
	if err != nil {
		return err
	}
	if p.model.classes == 0 {
		p.model.classes = len(names)
	}
	blank, err := p.model.network(model, true)
	if err != nil {
		return err
	}
	if names != nil && len(names) != blank.Classes() {
		return errors.Errorf("%s names %d classes, but the network has %d", p.namesFrom(), len(names), blank.Classes())
	}
	set, err := p.pictures.open(ctx, c, p.model, model, blank)
	if err != nil {
		return err
	}
	if normalisation.Mean != nil {
		set.Normalisation = normalisation
	}
	if p.out != "" {
		if err := prepareFile("-o", p.out, ".csv", ".json"); err != nil {
			return err
		}
	}
	net, err := p.model.weighted(model, c.note)
	if names != nil && errors.As(err, new(*graph.MismatchError)) { // one of the two is meant for something else
		err = errors.Wrapf(err, "%s names %d classes", p.namesFrom(), len(names))
	}
	if err != nil {
		return err
	}
	all, err := look.Predict(ctx, net, set, p.top, names, c.observer())
	if err != nil {
		return err
	}
	if p.out == "" {
		return look.WritePredictions(c.out, all, "")
	}
	var content bytes.Buffer
	if err := look.WritePredictions(&content, all, filepath.Ext(p.out)); err != nil {
		return err
	}
	return writeFile(c, p.out, content.Bytes())
}

// classes returns the names of the classes, if the flags say where they are, and
// the normalisation of the data set if they name one.
func (p prediction) classes(c console) (names []string, normalisation data.Normalisation, err error) {
	if p.model.spec.Data.Name != "" {
		training, _, err := data.Open(p.model.spec.Data.Name, p.model.spec.Data.Folder)
		if err != nil {
			return nil, normalisation, err
		}
		experiment.Behind(p.model.background(), training)
		c.note(data.Notes(training)...)
		names = training.Classes()
		if p.model.spec.Data.SkipBad {
			training = data.SkipBad(training)
		}
		if normalisation, err = data.NormalisationFor(p.model.spec.Data.Name, training); err != nil {
			return nil, normalisation, err
		}
	}
	if p.classesFile != "" {
		named, err := data.ReadClasses(p.classesFile)
		if err == nil {
			err = p.agree(named, names)
		}
		if err != nil {
			return nil, normalisation, errors.Wrap(err, "-classes-file")
		}
		names = named
	}
	return names, normalisation, nil
}

// namesFrom is the flag that says where the names of classes are.
func (p prediction) namesFrom() string {
	if p.classesFile != "" {
		return "-classes-file " + p.classesFile
	}
	return "-data " + p.model.spec.Data.Name
}

// agree is an error if the names of a file are not of as many classes as those of
// the data set, if one is named, or are the same ones in another order.
func (p prediction) agree(names, known []string) error {
	switch {
	case known == nil || slices.Equal(names, known):
		return nil
	case len(names) != len(known):
		return errors.Errorf("%s names %d classes, and -data %s has %d", p.classesFile, len(names), p.model.spec.Data.Name, len(known))
	case slices.Equal(slices.Sorted(slices.Values(names)), slices.Sorted(slices.Values(known))):
		i := 0
		for names[i] == known[i] {
			i++
		}
		return errors.Errorf("%s has the classes of -data %s in another order: class %d is %s, and %s in the data set", p.classesFile, p.model.spec.Data.Name, i, names[i], known[i])
	}
	return nil
}

func featuresCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("features", flag.ContinueOnError)
	var f extraction
	f.model.register(fs)
	f.model.registerWeights(fs)
	f.model.registerPictures(fs, 16)
	f.pictures.register(fs)
	fs.StringVar(&f.areas, "areas", "", "`names` of areas or layers, such as V4,IT; all areas unless given")
	fs.StringVar(&f.out, "o", "", "`file` to write: .npz, for numpy.load")
	return &ffcli.Command{
		Name:       "features",
		ShortUsage: "go run ./bench features MODEL [-weights FILE] -images FOLDER|FILE… -o FILE.npz [flags]",
		ShortHelp:  "write what areas of a network answer to pictures",
		LongHelp: strings.TrimSpace(`
Writes an array for each area or layer, under its name: float32, picture by
channel by height by width, with a height and width of 1 after pooling. The array
called pictures names the files, in order.`),
		FlagSet: fs,
		Exec: func(ctx context.Context, args []string) error {
			model, more, err := modelFirst(fs, args)
			if err != nil {
				return err
			}
			f.pictures.paths = append(f.pictures.paths, more...)
			if err := f.model.needEffects(given(fs)); err != nil {
				return err
			}
			return f.run(ctx, c, model)
		},
	}
}

// extraction is what the flags of bench features say.
type extraction struct {
	model    modelFlags
	pictures pictureFlags
	areas    string // names of areas or layers; "" means all areas
	out      string
}

func (f extraction) run(ctx context.Context, c console, model string) error {
	blank, err := f.model.network(model, true)
	if err != nil {
		return err
	}
	layers, err := layersOf(blank, f.areas)
	if err != nil {
		return err
	}
	set, err := f.pictures.open(ctx, c, f.model, model, blank)
	if err != nil {
		return err
	}
	if err := prepareFile("-o", f.out, ".npz"); err != nil {
		return err
	}
	net, err := f.model.weighted(model, c.note)
	if err != nil {
		return err
	}
	if err := look.WriteFeatures(ctx, f.out, net, set, layers, c.observer()); err != nil {
		return err
	}
	fmt.Fprintln(c.out, f.out)
	return nil
}

// layersOf are the areas and layers of a network that a flag names; "" and auto name all
// areas.
func layersOf(net *graph.Network, areas string) ([]string, error) {
	if areas == "" || areas == "auto" {
		return net.AreaNames(), nil
	}
	names := setting.Names(areas)
	for i, name := range names {
		if _, err := net.Find(name); err != nil {
			return nil, err
		}
		if slices.Contains(names[:i], name) {
			return nil, errors.Errorf("-areas: %q stands twice", name)
		}
	}
	return names, nil
}
