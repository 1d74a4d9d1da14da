/* An NVML library that describes the machine written in the file that FAKE_NVML names.
 *
 * Speaks the functions that nvidia-ml-py calls for `gpuenv detect`, with the signatures of nvml.h. The file has one
 * fact per line, fields separated by tabs:
 *
 *     init     <return code>
 *     hang                                  (a device call never returns)
 *     driver   <version>  <NVML version>  <CUDA driver number>
 *     gpu      <name>  <uuid>  <PCI device id, hex>  <bus id>  <memory, bytes>  <major>  <minor>  <mig: -1, 0, 1>
 *     mig      <place>  <name>  <uuid>  <memory, bytes>      (an instance of the gpu before it)
 *     mig-forbidden                         (nobody may list the instances)
 *     broken   <return code>
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OK = 0, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NO_PERMISSION = 4, NOT_FOUND = 6, PLACES = 7 };

typedef struct Device {
    struct Device *instances[PLACES];
    int error, major, minor, mig, hangs;
    unsigned pci;
    unsigned long long memory;
    char name[96], uuid[96], bus[32];
} Device;

typedef struct {
    char busIdLegacy[16];
    unsigned domain, bus, device, pciDeviceId, pciSubSystemId;
    char busId[32];
} PciInfo;

typedef struct { unsigned long long total, free, used; } Memory;

static Device devices[16];
static Device instances[PLACES * 16];
static unsigned count, instance_count;
static int init_code, cuda, hides_instances;
static char driver[80], library[80];

static char *field(char **rest) {
    char *found = strsep(rest, "\t\n");
    return found ? found : "";
}

static void read_machine(void) {
    char line[512];
    FILE *file = fopen(getenv("FAKE_NVML") ? getenv("FAKE_NVML") : "", "r");
    count = instance_count = 0;
    while (file && fgets(line, sizeof line, file)) {
        char *rest = line, *kind = field(&rest);
        Device *new = &devices[count];
        if (!strcmp(kind, "init")) {
            init_code = atoi(field(&rest));
        } else if (!strcmp(kind, "driver")) {
            strcpy(driver, field(&rest));
            strcpy(library, field(&rest));
            cuda = atoi(field(&rest));
        } else if (!strcmp(kind, "gpu")) {
            memset(new, 0, sizeof *new);
            strcpy(new->name, field(&rest));
            strcpy(new->uuid, field(&rest));
            new->pci = strtoul(field(&rest), NULL, 16);
            strcpy(new->bus, field(&rest));
            new->memory = strtoull(field(&rest), NULL, 10);
            new->major = atoi(field(&rest));
            new->minor = atoi(field(&rest));
            new->mig = atoi(field(&rest));
            count++;
        } else if (!strcmp(kind, "mig-forbidden")) {
            hides_instances = 1;
        } else if (!strcmp(kind, "mig")) {
            Device *part = &instances[instance_count++];
            memset(part, 0, sizeof *part);
            devices[count - 1].instances[atoi(field(&rest))] = part;
            strcpy(part->name, field(&rest));
            strcpy(part->uuid, field(&rest));
            part->memory = strtoull(field(&rest), NULL, 10);
        } else if (!strcmp(kind, "broken")) {
            memset(new, 0, sizeof *new);
            new->error = atoi(field(&rest));
            count++;
        } else if (!strcmp(kind, "hang")) {
            memset(new, 0, sizeof *new);
            new->hangs = 1;
            count++;
        } else if (!strcmp(kind, "crash")) {
            abort();
        }
    }
    if (file) fclose(file);
}

int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    read_machine();
    return init_code;
}

int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) { return OK; }

const char *nvmlErrorString(int code) {
    switch (code) {
        case 4: return "Insufficient Permissions";
        case 9: return "Driver Not Loaded";
        case 15: return "GPU is lost";
        case 18: return "Driver/library version mismatch";
        default: return "Unknown Error";
    }
}

int nvmlSystemGetDriverVersion(char *text, unsigned length) { snprintf(text, length, "%s", driver); return OK; }
int nvmlSystemGetNVMLVersion(char *text, unsigned length) { snprintf(text, length, "%s", library); return OK; }
int nvmlSystemGetCudaDriverVersion(int *number) { *number = cuda; return OK; }
int nvmlDeviceGetCount_v2(unsigned *number) { *number = count; return OK; }

int nvmlDeviceGetHandleByIndex_v2(unsigned index, Device **device) {
    if (index >= count) return INVALID_ARGUMENT;
    *device = &devices[index];
    while ((*device)->hangs) sleep(60);
    return (*device)->error;
}

int nvmlDeviceGetName(Device *device, char *text, unsigned length) {
    snprintf(text, length, "%s", device->name);
    return OK;
}

int nvmlDeviceGetUUID(Device *device, char *text, unsigned length) {
    snprintf(text, length, "%s", device->uuid);
    return OK;
}

int nvmlDeviceGetPciInfo_v3(Device *device, PciInfo *info) {
    memset(info, 0, sizeof *info);
    info->pciDeviceId = device->pci << 16 | 0x10DE;
    snprintf(info->busId, sizeof info->busId, "%s", device->bus);
    return OK;
}

int nvmlDeviceGetMemoryInfo(Device *device, Memory *memory) {
    if (!device->memory) return NOT_SUPPORTED; /* unified memory, as on GB10 */
    memory->total = memory->free = device->memory;
    memory->used = 0;
    return OK;
}

int nvmlDeviceGetCudaComputeCapability(Device *device, int *major, int *minor) {
    if (!device->major) return NOT_SUPPORTED;
    *major = device->major;
    *minor = device->minor;
    return OK;
}

int nvmlDeviceGetMigMode(Device *device, unsigned *current, unsigned *pending) {
    if (device->mig < 0) return NOT_SUPPORTED;
    *current = *pending = (unsigned)device->mig;
    return OK;
}

int nvmlDeviceGetMaxMigDeviceCount(Device *device, unsigned *places) {
    (void)device;
    *places = PLACES;
    return OK;
}

int nvmlDeviceGetMigDeviceHandleByIndex(Device *device, unsigned place, Device **instance) {
    if (hides_instances) return NO_PERMISSION;
    if (place >= PLACES) return INVALID_ARGUMENT;
    *instance = device->instances[place];
    return *instance ? OK : NOT_FOUND;
}
