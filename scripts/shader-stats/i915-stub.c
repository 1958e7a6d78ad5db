// A GPU by Intel that is not there, for Mesa's driver, which then compiles as for it and submits nothing (INTEL_NO_HW=1):
// the functions of libdrm that list devices, and the answers of the kernel's i915 to what the driver asks before it
// compiles. Loaded by LD_PRELOAD; INTEL_PCI_ID is the GPU, in hexadecimal. Needs the headers of Debian's libdrm-dev.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <i915_drm.h>
#include <xf86drm.h>

static drmPciBusInfo bus = {0, 0, 2, 0};
static drmPciDeviceInfo info = {.vendor_id = 0x8086, .subvendor_id = 0x8086, .revision_id = 1};
static char *nodes[DRM_NODE_MAX] = {"/dev/dri/card0", "", "/dev/dri/renderD128"};
static drmDevice device = {.nodes = nodes,
                           .available_nodes = 1 << DRM_NODE_PRIMARY | 1 << DRM_NODE_RENDER,
                           .bustype = DRM_BUS_PCI,
                           .businfo = {.pci = &bus},
                           .deviceinfo = {.pci = &info}};

__attribute__((constructor)) static void choose(void) {
  const char *id = getenv("INTEL_PCI_ID");
  info.device_id = id ? (uint16_t)strtol(id, NULL, 16) : 0x9a49;
}

int drmGetDevices2(uint32_t flags, drmDevicePtr devices[], int most) {
  (void)flags;
  if (devices && most > 0) devices[0] = &device;
  return 1;
}
int drmGetDevice2(int fd, uint32_t flags, drmDevicePtr *found) {
  (void)fd, (void)flags;
  *found = &device;
  return 0;
}
int drmGetDevice(int fd, drmDevicePtr *found) { return drmGetDevice2(fd, 0, found); }
void drmFreeDevices(drmDevicePtr devices[], int count) { (void)devices, (void)count; }
void drmFreeDevice(drmDevicePtr *one) { (void)one; }

// Files that were opened as the GPU; they are /dev/zero, which can be mapped.
static char is_gpu[1024];

static int is_node(const char *path) { return path && strncmp(path, "/dev/dri/", 9) == 0; }

#define OPEN(name)                                                            \
  int name(const char *path, int flags, ...) {                                \
    static int (*next)(const char *, int, ...);                               \
    if (!next) next = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name); \
    va_list rest;                                                             \
    va_start(rest, flags);                                                    \
    int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, int) : 0;       \
    va_end(rest);                                                             \
    int fd = next(is_node(path) ? "/dev/zero" : path, flags, mode);           \
    if (is_node(path) && fd >= 0 && fd < 1024) is_gpu[fd] = 1;                \
    return fd;                                                                \
  }
OPEN(open)
OPEN(open64)

int close(int fd) {
  static int (*next)(int);
  if (!next) next = (int (*)(int))dlsym(RTLD_NEXT, "close");
  if (fd >= 0 && fd < 1024) is_gpu[fd] = 0;
  return next(fd);
}

int stat(const char *path, struct stat *result) {
  static int (*next)(const char *, struct stat *);
  if (!next) next = (int (*)(const char *, struct stat *))dlsym(RTLD_NEXT, "stat");
  if (!is_node(path)) return next(path, result);
  memset(result, 0, sizeof *result);
  result->st_mode = S_IFCHR;
  result->st_rdev = makedev(226, strstr(path, "render") ? 128 : 0);
  return 0;
}

static int parameter(const struct drm_i915_getparam *asked) {
  switch (asked->param) {
    case I915_PARAM_CHIPSET_ID: *asked->value = info.device_id; break;
    case I915_PARAM_MMAP_GTT_VERSION: *asked->value = 4; break;
    case I915_PARAM_CMD_PARSER_VERSION: *asked->value = 10; break;
    case I915_PARAM_CS_TIMESTAMP_FREQUENCY: *asked->value = 12000000; break;
    case I915_PARAM_HAS_SCHEDULER: *asked->value = 7; break;
    default: *asked->value = 1;  // Has it.
  }
  return 0;
}

// Details that the driver can do without are refused.
static int query(struct drm_i915_query *asked) {
  struct drm_i915_query_item *items = (struct drm_i915_query_item *)(uintptr_t)asked->items_ptr;
  for (unsigned i = 0; i < asked->num_items; i++) items[i].length = -EINVAL;
  return 0;
}

static int map(struct drm_i915_gem_mmap *asked) {
  void *memory = mmap(NULL, asked->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  asked->addr_ptr = (uintptr_t)memory;
  return memory == MAP_FAILED ? -1 : 0;
}

int ioctl(int fd, unsigned long request, ...) {
  static int (*next)(int, unsigned long, ...);
  static unsigned handles;
  va_list rest;
  va_start(rest, request);
  void *asked = va_arg(rest, void *);
  va_end(rest);
  if (fd < 0 || fd >= 1024 || !is_gpu[fd]) {
    if (!next) next = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
    return next(fd, request, asked);
  }
  switch (request) {
    case DRM_IOCTL_I915_GETPARAM: return parameter(asked);
    case DRM_IOCTL_I915_QUERY: return query(asked);
    case DRM_IOCTL_I915_GEM_MMAP: return map(asked);
    case DRM_IOCTL_GET_CAP: ((struct drm_get_cap *)asked)->value = 1; return 0;
    case DRM_IOCTL_I915_GEM_CREATE: ((struct drm_i915_gem_create *)asked)->handle = ++handles; return 0;
    case DRM_IOCTL_I915_GEM_CREATE_EXT: ((struct drm_i915_gem_create_ext *)asked)->handle = ++handles; return 0;
    case DRM_IOCTL_I915_GEM_USERPTR: ((struct drm_i915_gem_userptr *)asked)->handle = ++handles; return 0;
    case DRM_IOCTL_I915_GEM_VM_CREATE: ((struct drm_i915_gem_vm_control *)asked)->vm_id = ++handles; return 0;
    case DRM_IOCTL_I915_GEM_CONTEXT_CREATE:
    case DRM_IOCTL_I915_GEM_CONTEXT_CREATE_EXT:
      ((struct drm_i915_gem_context_create *)asked)->ctx_id = ++handles;
      return 0;
    case DRM_IOCTL_I915_GEM_CONTEXT_GETPARAM:
      ((struct drm_i915_gem_context_param *)asked)->value = 1ull << 48;  // Bytes of addresses.
      return 0;
    case DRM_IOCTL_I915_GEM_GET_APERTURE:
      ((struct drm_i915_gem_get_aperture *)asked)->aper_size = 4ull << 30;
      return 0;
    case DRM_IOCTL_I915_GEM_MMAP_OFFSET: ((struct drm_i915_gem_mmap_offset *)asked)->offset = 0; return 0;
    case DRM_IOCTL_SYNCOBJ_CREATE: ((struct drm_syncobj_create *)asked)->handle = ++handles; return 0;
    default: return 0;
  }
}
