#pragma once
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_statistics_double.h>

/// GSL exposes generator types as mutable globals, which Swift 6 refuses; a function is fine.
static inline const gsl_rng_type *cgsl_rng_mt19937(void) { return gsl_rng_mt19937; }
#include <math.h>

/// libm under names of our own: rooms need not import Glibc or Darwin.
static inline double cgsl_pow(double x, double y) { return pow(x, y); }
static inline double cgsl_log(double x) { return log(x); }
static inline double cgsl_log1p(double x) { return log1p(x); }
