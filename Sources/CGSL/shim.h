#pragma once
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_matrix.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <gsl/gsl_multimin.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_roots.h>
#include <gsl/gsl_sf_psi.h>
#include <gsl/gsl_statistics_double.h>
#include <gsl/gsl_vector.h>

/// GSL exposes generator types as mutable globals, which Swift 6 refuses; a function is fine.
static inline const gsl_rng_type *cgsl_rng_mt19937(void) { return gsl_rng_mt19937; }
/// The same for the one solver of non-linear least squares that GSL has, a trust region.
static inline const gsl_multifit_nlinear_type *cgsl_multifit_nlinear_trust(void) {
  return gsl_multifit_nlinear_trust;
}
/// A simplex, for functions with steps.
static inline const gsl_multimin_fminimizer_type *cgsl_multimin_simplex(void) {
  return gsl_multimin_fminimizer_nmsimplex2;
}
/// Brent's method: interpolation that never leaves its bracket.
static inline const gsl_root_fsolver_type *cgsl_root_brent(void) { return gsl_root_fsolver_brent; }
#include <math.h>

/// libm under names of our own: rooms need not import Glibc or Darwin.
static inline double cgsl_exp(double x) { return exp(x); }
static inline double cgsl_pow(double x, double y) { return pow(x, y); }
static inline double cgsl_log(double x) { return log(x); }
static inline double cgsl_log1p(double x) { return log1p(x); }
static inline double cgsl_sin(double x) { return sin(x); }
static inline double cgsl_tgamma(double x) { return tgamma(x); }
