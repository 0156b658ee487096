package data

import "testing"

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
		if info.Folder {
			wantError(t, err, "data: "+info.Name+" needs a folder", "Download")
		} else if err != nil {
			t.Error(err)
		}
	}
	if !seen["sample"] || !seen["cifar10"] {
		t.Errorf("sample or cifar10 is not listed: %+v", infos)
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
