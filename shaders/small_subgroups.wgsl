// Subgroups of 8 threads where a GPU has such, which is Intel's: a thread of a subgroup of 16, which Chrome takes, has half
// the registers, and Mesa's compiler keeps a third of a tile in memory. The kernels use no subgroup functions.
enable subgroups; // @if SUBGROUPS_OF_8
enable subgroup_size_control; // @if SUBGROUPS_OF_8
