package zoo

import (
	"hypnos/graph"
	"hypnos/internal/imagenet"
)

// Entry is a named network, as it was published.
type Entry struct {
	Name    string
	Paper   string     // where it comes from
	Input   graph.Size // of the images
	Classes int
	Width   int // channels of the first stage or area
	Steps   int // time steps; 0 for a network whose number of them is not an option
	// Preprocessing is what its published weights expect.
	Preprocessing Preprocessing
	// Checkpoint is where its published weights are: zero where there are none.
	Checkpoint Checkpoint

	architecture architecture
}

// Preprocessing is how a picture becomes an input: resized so that its shorter
// side has Resize pixels, cut to the centre Crop × Crop, and, on the scale of 0
// to 1, Mean subtracted and divided by Std, per channel R G B.
type Preprocessing struct {
	Resize, Crop int
	Mean, Std    [3]float64
}

// Checkpoint is a file of published weights.
type Checkpoint struct {
	URL    string
	Layout string // what the file holds, in words
}

// The published means and deviations of the training images.
var (
	ofCIFAR10  = Preprocessing{32, 32, [3]float64{0.4914, 0.4822, 0.4465}, [3]float64{0.2470, 0.2435, 0.2616}}
	ofImageNet = Preprocessing{imagenet.Resize, imagenet.Side, imagenet.Mean, imagenet.Std}
)

var entries = []Entry{
	// He et al. have 6n+2 layers, n blocks in each of three stages.
	cifarResNet("resnet8", 1),
	cifarResNet("resnet14", 2),
	cifarResNet("resnet20", 3),
	cifarResNet("resnet32", 5),
	cifarResNet("resnet44", 7),
	cifarResNet("resnet56", 9),
	cifarResNet("resnet110", 18),
	// Pogodin et al. 2021 train resnet18 at width 32 on ImageNet.
	imagenetResNet("resnet18", "resnet18-5c106cde.pth", resNet{imagenet: true, blocks: []int{2, 2, 2, 2}}),
	imagenetResNet("resnet34", "resnet34-333f7ec4.pth", resNet{imagenet: true, blocks: []int{3, 4, 6, 3}}),
	imagenetResNet("resnet50", "resnet50-19c8e357.pth", resNet{imagenet: true, blocks: []int{3, 4, 6, 3}, bottleneck: true}),
	ofTorchvision("alexnet", "Krizhevsky 2014, One weird trick for parallelizing convolutional neural networks", "alexnet-owt-7be5be79.pth", alexNet{}),
	ofTorchvision("vgg16", "Simonyan and Zisserman 2015, Very Deep Convolutional Networks, table 1, D", "vgg16-397923af.pth", vgg{}),
	ofTorchvision("vgg16-bn", "Simonyan and Zisserman 2015, Very Deep Convolutional Networks, table 1, D, with batch norms", "vgg16_bn-6c64b313.pth", vgg{norm: true}),
	cornet("cornet-z", "cornet_z-5c427c9c.pth", 0, cornetZ{}),
	cornet("cornet-r", "cornet_r-5930a990.pth", 5, cornetR{}),
	cornet("cornet-rt", "cornet_rt-933c001c.pth", 5, cornetR{biological: true}),
	cornet("cornet-s", "cornet_s-1d3f7974.pth", 0, cornetS{}),
}

func cifarResNet(name string, blocks int) Entry {
	return Entry{
		Name: name, Paper: "He et al. 2015, Deep Residual Learning, section 4.2",
		Input: graph.Size{Channels: 3, Height: 32, Width: 32}, Classes: 10, Width: 16,
		Preprocessing: ofCIFAR10,
		architecture:  resNet{blocks: []int{blocks, blocks, blocks}},
	}
}

func imagenetResNet(name, checkpoint string, r resNet) Entry {
	return ofTorchvision(name, "He et al. 2015, Deep Residual Learning, table 1", checkpoint, r)
}

func ofTorchvision(name, paper, checkpoint string, a architecture) Entry {
	return Entry{
		Name: name, Paper: paper,
		Input: graph.Size{Channels: 3, Height: imagenet.Side, Width: imagenet.Side}, Classes: imagenet.Classes, Width: 64,
		Preprocessing: ofImageNet,
		Checkpoint:    Checkpoint{"https://download.pytorch.org/models/" + checkpoint, "torchvision's state dict"},
		architecture:  a,
	}
}

func cornet(name, checkpoint string, steps int, a architecture) Entry {
	paper := "Kubilius et al. 2018, CORnet"
	if name == "cornet-s" {
		paper = "Kubilius et al. 2019, Brain-Like Object Recognition with CORnet-S"
	}
	return Entry{
		Name: name, Paper: paper,
		Input: graph.Size{Channels: 3, Height: imagenet.Side, Width: imagenet.Side}, Classes: imagenet.Classes, Width: 64, Steps: steps,
		Preprocessing: ofImageNet,
		Checkpoint:    Checkpoint{"https://s3.amazonaws.com/cornet-models/" + checkpoint, "a state_dict whose names begin with module."},
		architecture:  a,
	}
}
