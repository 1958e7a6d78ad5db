// A Vulkan library that passes a driver on and takes from it everything but compiling: commands are neither recorded nor
// submitted. So Dawn runs on Mesa's RADV without a GPU, whose null device has no commands and would jump to address 0.
// Built as libvulkan.so.1 and found by LD_LIBRARY_PATH; VULKAN_DRIVER is the path of the driver.
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void (*Function)(void);
typedef Function (*Lookup)(void *handle, const char *name);

static Lookup driver_lookup;
static Lookup device_lookup;

static int succeed(void) { return 0; }

static int starts_with(const char *text, const char *begin) { return strncmp(text, begin, strlen(begin)) == 0; }

static Function lookup_in_device(void *device, const char *name);

// What the caller gets for the driver's function of this name.
static Function replaced(const char *name, Function function) {
  static const char *const skipped[] = {"vkCmd",         "vkBeginCommandBuffer", "vkEndCommandBuffer",
                                        "vkQueueSubmit", "vkQueueWaitIdle",      "vkDeviceWaitIdle",
                                        "vkWaitForFences", "vkGetFenceStatus",   "vkResetFences"};
  if (function == NULL) return NULL;
  if (strcmp(name, "vkGetDeviceProcAddr") == 0) {
    device_lookup = (Lookup)function;
    return (Function)lookup_in_device;
  }
  for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++)
    if (starts_with(name, skipped[i])) return (Function)succeed;
  return function;
}

static Function lookup_in_device(void *device, const char *name) { return replaced(name, device_lookup(device, name)); }

Function vkGetInstanceProcAddr(void *instance, const char *name) {
  if (driver_lookup == NULL) {
    const char *path = getenv("VULKAN_DRIVER");
    void *driver = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    if (driver == NULL) {
      fprintf(stderr, "VULKAN_DRIVER: %s\n", dlerror());
      return NULL;
    }
    int (*negotiate)(unsigned *) = (int (*)(unsigned *))dlsym(driver, "vk_icdNegotiateLoaderICDInterfaceVersion");
    unsigned version = 5;
    if (negotiate) negotiate(&version);
    driver_lookup = (Lookup)dlsym(driver, "vk_icdGetInstanceProcAddr");
  }
  if (strcmp(name, "vkGetInstanceProcAddr") == 0) return (Function)vkGetInstanceProcAddr;
  return replaced(name, driver_lookup(instance, name));
}
