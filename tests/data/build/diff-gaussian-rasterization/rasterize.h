#pragma once
void launch_splat(const float *points, float *out, float scale, int count);
