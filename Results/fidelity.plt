# Draws Results/fidelity.svg: medians and 90th percentiles of the rows of fit, by GPU and class.
set terminal svg size 1000,460 font "sans,12" background rgb "white"
set output "Results/fidelity.svg"
set datafile separator ","
set title "Absolute error of predicted kernel times, rows of fit (bar: median, whisker: 90th percentile)" noenhanced
set ylabel "error, %"
set yrange [0:*]
set style fill solid 0.85 border -1
set boxwidth 0.26
set grid ytics
set key top left
set xtics rotate by 30 right noenhanced
label(g, c) = c . "\n" . g
own = "< grep ',own,[a-z_]*,fit,' Results/fidelity.csv | grep -v ',fit,0,'"

set xtics rotate by 35 right
plot own using ($0-0.27):9:(0.26):xtic(stringcolumn(3)." ".stringcolumn(1)) with boxes lc rgb "#bbbbbb" title "naive roofline (median)", \
     own using ($0):6:(0.26) with boxes lc rgb "#1f6f8b" title "own constants", \
     own using ($0):6:6:7 with yerrorbars lc rgb "black" pt -1 notitle
