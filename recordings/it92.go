package recordings

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/nlpodyssey/safetensors"
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"hypnos/data"
)

// it92 is the name of the recording that comes with the program.
const it92 = "it92"

const it92Credit = "Kriegeskorte, Mur, Ruff, Kiani, Bodurka, Esteky, Tanaka & Bandettini 2008, " +
	"Neuron 60:1126-1141; monkey data by Kiani, Esteky, Mirpour & Tanaka 2007, J. Neurophysiol. 97:4296-4309; " +
	"as distributed with rsatoolbox (MIT licence, © 2019 pyrsa authors)"

//go:embed it92/images.zip
var it92Images string

//go:embed it92/stimuli.csv
var it92Stimuli []byte

//go:embed it92/dissimilarities.safetensors
var it92Dissimilarities []byte

// it92Models are the models of it92 and their tensors, in the order of the file.
// model_monkeyIT is left out: its bits are those of the region monkey IT.
var it92Models = []struct{ name, tensor string }{
	{"animacy", "model_animacy"},
	{"faces, bodies, man-made, natural", "model_FaceBodyManmadeNatobj"},
	{"EVA", "model_EVA"},
	{"HMAX", "model_HMAX"},
	{"V1 model", "model_V1"},
	{"silhouette", "model_Silhouette"},
	{"Radon transform", "model_RADON"},
}

// openIT92 reads the embedded files.
func openIT92() (*Recording, error) {
	shown, err := parseStimuli(it92Stimuli)
	if err != nil {
		return nil, err
	}
	archive, err := openArchive(strings.NewReader(it92Images), int64(len(it92Images)))
	if err != nil {
		return nil, err
	}
	stimuli, err := data.PicturesIn(archive, "it92", shown.files...)
	if err != nil {
		return nil, err
	}
	tensors, err := safetensors.Deserialize(it92Dissimilarities)
	if err != nil {
		return nil, err
	}
	// matrix returns the mean of some tensors, or sets err.
	matrix := func(names ...string) (m *mat.SymDense) {
		m = mat.NewSymDense(stimuli.Len(), nil)
		for _, name := range names {
			one, e := symmetric(tensors, name, stimuli.Len())
			if e != nil {
				err = e
				return m
			}
			m.AddSym(m, one)
		}
		m.ScaleSym(1/float64(len(names)), m)
		return m
	}
	recording := &Recording{Name: it92, Credit: it92Credit, Stimuli: stimuli, Categories: shown.categories}
	recording.Regions = []Region{
		{Name: "monkey IT", Dissimilarities: matrix("monkey_it_674_neurons")},
		{Name: "human IT", Dissimilarities: matrix("human_it_316_voxels")},
	}
	human := &recording.Regions[1]
	for i := range 4 {
		subject := fmt.Sprintf("human_it_subject%d_session", i)
		human.Subjects = append(human.Subjects, matrix(subject+"0", subject+"1"))
	}
	for _, m := range it92Models {
		recording.Models = append(recording.Models, Model{m.name, matrix(m.tensor)})
	}
	if err != nil {
		return nil, err
	}
	return recording, nil
}

// symmetric returns the n × n matrix of a tensor in float64.
func symmetric(tensors safetensors.SafeTensors, name string, n int) (*mat.SymDense, error) {
	tensor, ok := tensors.Tensor(name)
	if !ok || tensor.DType() != safetensors.F64 || len(tensor.Data()) != 8*n*n {
		return nil, errors.Errorf("no matrix %s of %d stimuli", name, n)
	}
	values := make([]float64, n*n)
	for i := range values {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(tensor.Data()[8*i:]))
	}
	return mat.NewSymDense(n, values), nil
}
