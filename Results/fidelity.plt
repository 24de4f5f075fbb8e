# Draws Results/fidelity.svg: medians and 90th percentiles of the rows of fit, by GPU and class.
set terminal svg size 1000,520 font "sans,12" background rgb "white"
set output "Results/fidelity.svg"
set datafile separator ","
set title "Absolute error of predicted kernel times, rows of fit (bar: median, line: to the 90th percentile)"
set ylabel "error, %"
set yrange [0:100]
set style fill solid 0.9 noborder
set grid ytics
set key top right outside horizontal
set lmargin 14
set bmargin 10
set xtics rotate by 40 right noenhanced font ",10" nomirror
set border 3
rows = "< grep ',own,[a-z_]*,fit,' Results/fidelity.csv | grep -v ',fit,0,'"
plot rows using ($0-0.18):9:(0.34):xtic(stringcolumn(3)." ".stringcolumn(1)) with boxes \
       lc rgb "#bbbbbb" title "naive roofline", \
     rows using ($0+0.18):6:(0.34) with boxes lc rgb "#1f6f8b" title "own constants", \
     rows using ($0+0.18):6:(0):($7-$6) with vectors nohead lw 1.5 lc rgb "#333333" notitle, \
     rows using ($0-0.18):9:(0):($10-$9) with vectors nohead lw 1.5 lc rgb "#888888" notitle
