/* A libcuda that describes the machine in its environment variables.
 *
 *     FAKE_CUDA_VERSION   what cuDriverGetVersion tells, 12080
 *     FAKE_CUDA_INIT      the return code of cuInit
 *     FAKE_CUDA_SECONDS   how long cuInit takes
 *     FAKE_CUDA_HANGS     set: cuInit never returns
 *     FAKE_CUDA_DEVICES   name|capability, 87|bus id; devices separated by semicolons, in CUDA's order
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct { char name[96], bus[32]; int capability; } Device;
static Device devices[8];
static int count;

static int number(const char *variable) { return getenv(variable) ? atoi(getenv(variable)) : 0; }

int cuDriverGetVersion(int *version) {
    *version = number("FAKE_CUDA_VERSION");
    return 0;
}

int cuInit(unsigned flags) {
    char text[1024], *rest = text, *entry;
    (void)flags;
    count = 0;
    sleep((unsigned)number("FAKE_CUDA_SECONDS"));
    while (getenv("FAKE_CUDA_HANGS")) sleep(60);
    snprintf(text, sizeof text, "%s", getenv("FAKE_CUDA_DEVICES") ? getenv("FAKE_CUDA_DEVICES") : "");
    while ((entry = strsep(&rest, ";")) && *entry) {
        Device *new = &devices[count++];
        snprintf(new->name, sizeof new->name, "%s", strsep(&entry, "|"));
        new->capability = atoi(strsep(&entry, "|"));
        snprintf(new->bus, sizeof new->bus, "%s", entry ? entry : "");
    }
    return number("FAKE_CUDA_INIT");
}

int cuDeviceGetCount(int *found) { *found = count; return 0; }
int cuDeviceGet(int *device, int ordinal) { *device = ordinal; return ordinal < count ? 0 : 101; }

int cuDeviceGetName(char *text, int length, int device) {
    snprintf(text, (size_t)length, "%s", devices[device].name);
    return 0;
}

int cuDeviceGetAttribute(int *value, int attribute, int device) {
    *value = attribute == 75 ? devices[device].capability / 10 : devices[device].capability % 10;
    return 0;
}

int cuDeviceGetUuid(char *uuid, int device) {
    memset(uuid, 0x10 + device, 16);
    return 0;
}

int cuDeviceGetPCIBusId(char *text, int length, int device) {
    snprintf(text, (size_t)length, "%s", devices[device].bus);
    return devices[device].bus[0] ? 0 : 1;
}

int cuDeviceTotalMem_v2(size_t *bytes, int device) {
    (void)device;
    *bytes = (size_t)8 << 30;
    return 0;
}
