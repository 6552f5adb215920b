#!/bin/sh
# Makes the two clips of the demonstration beside this script. Needs ffmpeg with libvpx and libopus, and the font DejaVu Sans.
# Every moment looks different (time code, colour, playhead), so that a person sees where a seek has landed.
# A key frame every second and a half and the index at the front: a browser seeks with one small range request.
set -eu
cd "$(dirname "$0")"

# clip NUMBER SECONDS FROM_COLOUR TO_COLOUR CHORD
clip() {
    number=$1 seconds=$2 from=$3 to=$4 chord=$5
    write="drawtext=font='DejaVu Sans':fontcolor=white:x=(w-tw)/2"
    clock="%{eif\:floor(t/60)\:d\:2}\:%{eif\:mod(t,60)\:d\:2}"
    bulbs="drawtext=font='DejaVu Sans':fontcolor=0xffe9a8:fontsize=30:text='•    •    •    •    •    •    •    •    •    •    •'"
    odd="alpha='0.25+0.75*mod(floor(2*t),2)':x=(w-tw)/2-14.5"
    even="alpha='1-0.75*mod(floor(2*t),2)':x=(w-tw)/2+14.5"
    ffmpeg -hide_banner -loglevel error -y \
        -f lavfi -i "gradients=size=640x360:rate=24:duration=$seconds:nb_colors=2:c0=$from:c1=$to:x0=0:y0=0:x1=640:y1=360:speed=0.01" \
        -f lavfi -i "color=white@0.9:size=8x20:rate=24:duration=$seconds,format=rgba" \
        -f lavfi -i "color=white@0.28:size=560x6:rate=24:duration=$seconds,format=rgba" \
        -f lavfi -i "aevalsrc='0.035*(0.6+0.4*sin(2*PI*t/6))*($chord)':sample_rate=48000:duration=$seconds" \
        -filter_complex "
            [0]hue=h=70*sin(2*PI*t/$seconds),
            $bulbs:$odd:y=14,$bulbs:$even:y=14,$bulbs:$odd:y=328,$bulbs:$even:y=328,
            $write:fontsize=26:text='Marquee demonstration $number':y=58:expansion=none,
            $write:fontsize=112:text='$clock':y=118:borderw=4:bordercolor=black@0.35,
            $write:fontsize=18:text='of $seconds seconds':y=240:alpha=0.8[picture];
            [picture][2]overlay=x=40:y=291[rail];
            [rail][1]overlay=x=40+552*t/$seconds:y=284,format=yuv420p[out]" \
        -map "[out]" -map 3:a -t "$seconds" \
        -c:v libvpx-vp9 -b:v 0 -crf 48 -g 36 -row-mt 1 -cpu-used 2 \
        -c:a libopus -b:a 24k -ac 1 \
        -fflags +bitexact -flags +bitexact -metadata title="Marquee demonstration $number" \
        -cues_to_front 1 "clip-$number.webm"
}

clip 1 24 0x3b0a45 0xd60590 "sin(2*PI*220*t)+sin(2*PI*277.2*t)+sin(2*PI*329.6*t)"
clip 2 36 0x06283d 0x1e9e8a "sin(2*PI*196*t)+sin(2*PI*246.9*t)+sin(2*PI*293.7*t)"
