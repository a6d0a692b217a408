/* Encodes JPEG files with the libjpeg of the system, for `jpeg.py`: asked on standard input, answered on standard
 * output, by lines as those of answer_jpeg.rs: encode libjpeg QUALITY SUBSAMPLING KIND WIDTH HEIGHT CHANNELS PATH OUT.
 *
 *     cc -O2 -o libjpeg libjpeg.c -ljpeg
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jpeglib.h>

static double milliseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * 1e3 + time.tv_nsec * 1e-6;
}

/* Encodes into memory that is large enough, and returns the bytes. */
static unsigned long encode(unsigned char *pixels, int quality, const char *sampling, const char *kind,
                            int width, int height, int channels, unsigned char *out, unsigned long room)
{
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    unsigned long bytes = room;

    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &out, &bytes);
    cinfo.image_width = width;
    cinfo.image_height = height;
    cinfo.input_components = channels;
    cinfo.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&cinfo);
    jpeg_set_quality(&cinfo, quality, TRUE);
    cinfo.dct_method = JDCT_ISLOW;
    if (channels == 3) {
        cinfo.comp_info[0].h_samp_factor = strcmp(sampling, "4:4:4") ? 2 : 1;
        cinfo.comp_info[0].v_samp_factor = strcmp(sampling, "4:2:0") ? 1 : 2;
    }
    cinfo.optimize_coding = !strcmp(kind, "optimize");
    if (!strcmp(kind, "progressive"))
        jpeg_simple_progression(&cinfo);
    jpeg_start_compress(&cinfo, TRUE);
    while (cinfo.next_scanline < cinfo.image_height) {
        JSAMPROW rows[16];
        int count = 0;
        for (; count < 16 && cinfo.next_scanline + count < cinfo.image_height; count++)
            rows[count] = pixels + (size_t)(cinfo.next_scanline + count) * width * channels;
        jpeg_write_scanlines(&cinfo, rows, count);
    }
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    return bytes;
}

int main(void)
{
    char kept[4096] = "", sampling[16], kind[16], path[4096], out[4096];
    unsigned char *pixels = NULL, *file = NULL;
    unsigned long room = 0;
    int quality, width, height, channels;

    while (scanf(" encode %*s %d %15s %15s %d %d %d %4095s %4095s", &quality, sampling, kind, &width, &height,
                 &channels, path, out) == 8) {
        size_t size = (size_t)width * height * channels;
        if (strcmp(kept, path)) {
            FILE *from = fopen(path, "rb");
            pixels = realloc(pixels, size);
            room = size + (1 << 20);
            file = realloc(file, room);
            if (!from || !pixels || !file || fread(pixels, 1, size, from) != size)
                return 1;
            fclose(from);
            memset(file, 1, room);
            strcpy(kept, path);
        }
        encode(pixels, quality, sampling, kind, width, height, channels, file, room);
        double before = milliseconds();
        unsigned long bytes = encode(pixels, quality, sampling, kind, width, height, channels, file, room);
        printf("%f %lu\n", milliseconds() - before, bytes);
        fflush(stdout);
    }
    return 0;
}
