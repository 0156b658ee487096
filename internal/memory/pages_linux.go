package memory

import "syscall"

// adviseHuge asks for huge pages. Where there are none nothing is lost.
func adviseHuge(pages []byte) { _ = syscall.Madvise(pages, syscall.MADV_HUGEPAGE) }
