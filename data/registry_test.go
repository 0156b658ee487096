package data

import (
	"fmt"
	"testing"
)

func TestList(t *testing.T) {
	infos := List()
	if len(infos) == 0 || infos[0].Name != Default || infos[0].Folder {
		t.Fatalf("the default data set is not first, or needs a folder: %+v", infos)
	}
	seen := map[string]bool{}
	for _, info := range infos {
		if info.Name == "" || info.Description == "" || seen[info.Name] {
			t.Errorf("a name or description is empty, or the name is there twice: %+v", info)
		}
		seen[info.Name] = true
		_, _, err := Open(info.Name, "")
		switch {
		case info.Download:
			wantError(t, err, "data: "+info.Name+" needs a folder", "Download")
		case info.Folder:
			wantError(t, err, "data: "+info.Name+" needs a folder: name the one that holds it")
		case err != nil:
			t.Error(err)
		}
	}
	for _, name := range []string{
		"sample", "cifar10", "cifar100", "cifar100-coarse", "tinyimagenet", "imagenet", "mnist", "fashion-mnist", "kmnist", "folder",
	} {
		if !seen[name] {
			t.Errorf("%s is not listed", name)
		}
	}
}

func TestOpenNames(t *testing.T) {
	named, _, err := Open("sample", "")
	if err != nil {
		t.Fatal(err)
	}
	unnamed, _, err := Open("", "")
	if err != nil || unnamed != named {
		t.Errorf("no name does not open the sample: %v", err)
	}
	for _, name := range []string{"cifar", "CIFAR10", "sample "} {
		_, _, err := Open(name, "")
		wantError(t, err, "data: unknown data set", name, "sample, cifar10")
	}
}

func TestTransforms(t *testing.T) {
	o := TransformOptions{Padding: 3, Flip: true}
	small := [2]Transform{RandomCrop{Padding: 3, Flip: true}, CentreCrop{}}
	large := [2]Transform{RandomResizedCrop{Side: 224, Flip: true}, ResizeCrop{Resize: 256, Crop: 224}}
	for name, want := range map[string][2]Transform{
		"": small, "sample": small, "cifar10": small, "cifar100": small, "cifar100-coarse": small,
		"mnist": small, "fashion-mnist": small, "kmnist": small,
		"tinyimagenet": {RandomCrop{Side: 48, Padding: 3, Flip: true}, CentreCrop{Side: 48}},
		"imagenet":     large, "folder": large,
	} {
		training, test, err := Transforms(name, o)
		if err != nil || training != want[0] || test != want[1] {
			t.Errorf("%s: %#v and %#v, %v", name, training, test, err)
		}
	}
	// 64·256/224 = 73.14.
	training, test, err := Transforms("folder", TransformOptions{Side: 64})
	if err != nil || training != (RandomResizedCrop{Side: 64, Flip: true}) || test != (ResizeCrop{Resize: 73, Crop: 64}) {
		t.Errorf("folder of 64: %#v and %#v, %v", training, test, err)
	}
	for _, e := range registry {
		for _, o := range []TransformOptions{o, {}} {
			training, test, _ := Transforms(e.Name, o)
			if a, b := fmt.Sprint(training), fmt.Sprint(test); a == "" || b == "" || a == b {
				t.Errorf("%s: said as %q and %q", e.Name, a, b)
			}
			a, b, _ := training.Size(64, 64)
			if c, d, err := test.Size(64, 64); a != c || b != d || err != nil {
				t.Errorf("%s: trained on %d×%d and tested with %d×%d, %v", e.Name, a, b, c, d, err)
			}
		}
	}
	_, _, err = Transforms("imagenet", TransformOptions{Side: 64})
	wantError(t, err, "data: imagenet has images of one size", "only folder")
	_, _, err = Transforms("imagenot", o)
	wantError(t, err, "data: unknown data set")
	training, _, err = Transforms("folder", TransformOptions{Side: -1})
	if err == nil {
		_, _, err = training.Size(0, 0)
	}
	wantError(t, err, "-1×-1")
}
