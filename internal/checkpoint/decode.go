package checkpoint

import (
	"encoding/binary"
	"math"

	"github.com/nlpodyssey/safetensors"
	"github.com/x448/float16"
)

// decode converts little-endian values of a kind to float32. The bits of float32 stay;
// other values are rounded to the nearest.
func decode(kind safetensors.DType, values []float32, raw []byte) {
	size := int(kind.Size())
	for i := range values {
		values[i] = decodeOne(kind, raw[i*size:])
	}
}

func decodeOne(kind safetensors.DType, raw []byte) float32 {
	little := binary.LittleEndian
	switch kind {
	case safetensors.F32:
		return math.Float32frombits(little.Uint32(raw))
	case safetensors.F64:
		return float32(math.Float64frombits(little.Uint64(raw)))
	case safetensors.F16:
		return float16.Frombits(little.Uint16(raw)).Float32()
	case safetensors.BF16:
		return math.Float32frombits(uint32(little.Uint16(raw)) << 16)
	case safetensors.I64:
		return float32(int64(little.Uint64(raw)))
	case safetensors.U64:
		return float32(little.Uint64(raw))
	case safetensors.I32:
		return float32(int32(little.Uint32(raw)))
	case safetensors.U32:
		return float32(little.Uint32(raw))
	case safetensors.I16:
		return float32(int16(little.Uint16(raw)))
	case safetensors.U16:
		return float32(little.Uint16(raw))
	case safetensors.I8:
		return float32(int8(raw[0]))
	case safetensors.BOOL:
		return float32(min(raw[0], 1))
	default: // U8
		return float32(raw[0])
	}
}
