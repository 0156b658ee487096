package memory

import "syscall"

// adviseHuge asks for huge pages.
func adviseHuge(pages []byte) error { return syscall.Madvise(pages, syscall.MADV_HUGEPAGE) }
