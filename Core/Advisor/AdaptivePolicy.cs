namespace ChunkUpload.Core.Advisor;

/// <summary>
/// Decides in five steps: 1. read the network's figures: rate, dead time per request, time between breaks, wrong bytes; 2. choose the
/// streams: four if there are enough bytes, because streams hide each other's dead time, and up to eight on long paths; 3. choose the time
/// that a chunk should take: short enough to lose little to a break, long enough to outweigh the dead time; 4. derive the size, within the
/// limits; 5. find the range of sizes that are about as good: earlier advice inside it stays.
/// </summary>
public sealed class AdaptivePolicy(AdviceLimits limits, AdaptiveTuning tuning) : IAdvicePolicy
{
    private const int Streams = 4;
    private const int MostStreams = 8;
    private const int SparingStreams = 3;
    private const double GuessedGap = 0.25;
    private const double CommitGuess = 0.05;
    private const long LargestHint = 2 << 20;
    private const long SmallestHint = 128 << 10;
    private const double HintSeconds = 1;
    private const double OftenSeconds = 20;
    private const double SocketBuffer = 128 << 10;
    private const double BufferStep = 32 << 10;
    private const double ProbeCold = 2;

    public AdaptivePolicy(AdviceLimits limits)
        : this(limits, AdaptiveTuning.Default)
    {
    }

    public AdviceFigures Decide(NetworkState network, in AdviceQuestion question)
    {
        // 1. Read the network's figures: rate, dead time per request, time between breaks, wrong bytes.
        ref readonly var seen = ref network.Figures;
        var rate = seen.Rate;
        var gap = seen.Gap > 0 ? seen.Gap : question.RoundTrip > 0 ? Math.Min(question.RoundTrip, 10) + CommitGuess : GuessedGap;
        // Breaks count by their cost, which is small where a broken chunk's bytes are kept.
        var mtbf = (tuning.PriorSeconds + seen.Exposure) / (tuning.PriorBreaks + seen.Breaks);
        var drops = (tuning.PriorSeconds + seen.Exposure) / (tuning.PriorBreaks + seen.Drops);
        var corruption = (tuning.PriorCorrupt + seen.Corrupt) / (tuning.PriorVerified + seen.Verified);

        // 2. A guessed gap does not justify more streams.
        var roundTrip = question.RoundTrip > 0 ? Math.Min(question.RoundTrip, 10) : seen.Gap;
        var streams = question.Shedding ? 1 : question.Sparing ? SparingStreams : StreamsToFill(rate * roundTrip);
        streams = Math.Max(1, Math.Min(streams, Math.Min(limits.MaxConcurrency, question.MaxConcurrency)));

        // 3. and 4.
        var (size, limitedBy, seconds) = rate > 0
            ? Measured(network, rate, gap, mtbf, corruption, ref streams)
            : (First(question), SizeLimit.ColdStart, double.NaN);
        if (question.Remaining is { } left)
        {
            // An upload that is too small to divide needs no second stream.
            streams = (int)Math.Min(streams, 1 + ((Math.Max(1, left) - 1) / limits.Floor));
        }

        if (question.Remaining is { } remaining && remaining > 0)
        {
            var share = limits.Fit(remaining / (double)streams);
            if (streams > 1)
            {
                // All streams should end at the same time.
                var floor = limits.Fit(Math.Max(limits.Floor, tuning.CoverDeadTime * gap * rate / (streams - 1)));
                if (size > share && size > floor)
                    (size, limitedBy) = (Math.Max(share, floor), SizeLimit.Remaining);
            }
            else if (remaining < 8 * size)
            {
                // Equal parts, so that no small rest needs a request of its own.
                size = limits.Fit(
                    Math.Ceiling(remaining / Math.Max(1, Math.Round(remaining / (double)size)) / limits.Multiple) * limits.Multiple);
            }
        }

        // 5. Find the range of sizes that are about as good: earlier advice inside it stays.
        var (low, high, overhead) = rate > 0
            ? Range(size, limitedBy, rate, gap, mtbf, corruption, streams)
            : (Math.Max(limits.Floor, size / 2), Math.Min(limits.Ceiling, size * 2), double.NaN);
        (low, high) = (Math.Min(low, size), Math.Max(high, size));
        if (network.Advised >= low && network.Advised <= high)
            size = network.Advised;
        var (from, to) = drops < OftenSeconds && network.FailuresInRow <= 1 && !question.Shedding
            ? RetryDelay.AtOnce(tuning.RetryOften, limits)
            : RetryDelay.After(network.FailuresInRow, question.Shedding, limits);
        var stall = StallAfter(seen, drops);
        return new AdviceFigures
        {
            Size = size,
            Low = low,
            High = high,
            Concurrency = streams,
            RetryFrom = from,
            RetryTo = to,
            Stall = stall,
            Probe = ProbeAfter(seen, drops, stall),
            LimitedBy = limitedBy,
            Confidence = Trust(seen),
            Rate = rate,
            DeadTime = gap,
            Mtbf = drops,
            Target = seconds,
            Overhead = overhead,
        };
    }

    // A stream sends at most one receive window per round trip, so a path that holds many windows needs more streams.
    private int StreamsToFill(double bytesUnderWay) =>
        (int)Math.Clamp(Math.Ceiling(tuning.WindowCover * bytesUnderWay / tuning.ReceiveWindow), Streams, MostStreams);

    private (long Size, SizeLimit LimitedBy, double Seconds) Measured(
        NetworkState network, double rate, double gap, double mtbf, double corruption, ref int streams)
    {
        var corrupted = Corrupted(rate, corruption, streams);
        var hazard = (1 / mtbf) + corrupted;
        var seconds = streams == 1
            ? ChunkTime.Best(gap, 1 / hazard)
            : Math.Max(tuning.CoverDeadTime * gap / (streams - 1),
                Math.Sqrt(2 * tuning.ExposedDeadTime / tuning.BreakCost * gap / (hazard * streams)));
        var limitedBy = corrupted > 1 / mtbf ? SizeLimit.Corruption : SizeLimit.FailureRate;
        if (seconds < tuning.MinSeconds)
            (seconds, limitedBy) = (tuning.MinSeconds, SizeLimit.MinDuration);
        else if (seconds > tuning.MaxSeconds)
            (seconds, limitedBy) = (tuning.MaxSeconds, SizeLimit.MaxDuration);
        var bytes = rate * seconds;
        if (limits.RequestTimeout is { } timeout && bytes > rate / streams * timeout.TotalSeconds / 2)
            (bytes, limitedBy) = (rate / streams * timeout.TotalSeconds / 2, SizeLimit.MaxDuration);
        var growth = network.Figures.LargestOk > 0
            ? Math.Max(tuning.FirstSize, tuning.Growth * network.Figures.LargestOk)
            : tuning.Growth * tuning.FirstSize;
        if (bytes > growth)
            (bytes, limitedBy) = (growth, SizeLimit.Growth);
        if (bytes > limits.Ceiling)
            (bytes, limitedBy) = (limits.Ceiling, SizeLimit.MaxSize);
        if (bytes < limits.MinSize)
        {
            // Where several streams would need too small chunks, fewer streams put the same number of bytes at risk.
            if (limitedBy is SizeLimit.FailureRate or SizeLimit.Corruption or SizeLimit.MinDuration)
                streams = Math.Max(1, (int)(streams * bytes / limits.MinSize));
            (bytes, limitedBy) = (limits.MinSize, SizeLimit.MinSize);
        }

        return (limits.Fit(bytes), limitedBy, seconds);
    }

    private long First(in AdviceQuestion question)
    {
        double size = tuning.FirstSize;
        if (question.HintedRate > 0)
            size = Math.Clamp(question.HintedRate * HintSeconds, SmallestHint, LargestHint);
        return limits.Fit(size);
    }

    // A wrong byte costs the whole chunk; a break costs half of every stream's chunk. Wrong bytes also cost the client traffic, which
    // counts more where several streams make small chunks cheap.
    private double Corrupted(double rate, double corruption, int streams) =>
        (streams == 1 ? 2 : tuning.CorruptionCost) * corruption * rate / streams;

    // cost(s) = a/s + b·s: dead time per chunk, repetition per break. Sizes between the roots of cost(s) = cost(size) + NoGain are as good
    // as the chosen one. If another limit keeps the chosen size down, no larger size is as good.
    private (long Low, long High, double Overhead) Range(
        long size, SizeLimit limitedBy, double rate, double gap, double mtbf, double corruption, int streams)
    {
        var a = (streams == 1 ? 1 : tuning.ExposedDeadTime) * gap * rate;
        var half = (streams == 1 ? 1 : tuning.BreakCost * streams) / (2 * rate);
        var b = half * ((1 / mtbf) + Corrupted(rate, corruption, streams));
        var most = Math.Max(2 * Math.Sqrt(a * b), (a / size) + (b * size)) + tuning.NoGain;
        var root = Math.Sqrt((most * most) - (4 * a * b));
        var least = limitedBy == SizeLimit.MinDuration ? size / 2 : limits.Floor;
        var low = Math.Clamp(
            Math.Max((most - root) / (2 * b), streams > 1 ? tuning.CoverDeadTime * gap * rate / (streams - 1) : 0), least, limits.Ceiling);
        var high = limitedBy is SizeLimit.Growth or SizeLimit.MaxDuration or SizeLimit.MaxSize or SizeLimit.Remaining
            ? size
            : Math.Clamp((most + root) / (2 * b), low, limits.Ceiling);
        var cost = (a / size) + (((half / mtbf) + corruption) * size);
        return (limits.Fit(low), limits.Fit(high), cost / (1 + cost));
    }

    // Long enough for a slow network to drain a client's socket buffer, which is when the client sees progress. Where the network drops
    // every few seconds, asking again costs less than waiting.
    private double StallAfter(in NetworkFigures seen, double mtbf) => seen.Rate > 0 && seen.Gap > 0
        ? Math.Min(
            Math.Max(mtbf < OftenSeconds ? tuning.StallOften : tuning.StallSeldom, tuning.StallBase + (tuning.StallGaps * seen.Gap)
                + (SocketBuffer / seen.Rate)),
            limits.StallTimeout.TotalSeconds * 2)
        : limits.StallTimeout.TotalSeconds;

    // Longer than the streams of a working network are silent together, and longer than a slow network needs for what a buffer forwards at
    // a time. A false alarm costs a handshake and a question, so the client waits longer where breaks are rare.
    private double ProbeAfter(in NetworkFigures seen, double mtbf, double stall)
    {
        if (!(seen.Rate > 0))
            return Math.Min(stall, ProbeCold);
        var often = mtbf < 2 * OftenSeconds;
        return Math.Min(stall, (often ? tuning.ProbeOften : tuning.ProbeSeldom) + ((often ? BufferStep : SocketBuffer) / seen.Rate));
    }

    private static Confidence Trust(in NetworkFigures seen)
    {
        if (seen.Commits < 3 || seen.ReceivingSeconds < 5)
            return Confidence.Low;
        return seen.Commits >= 10 && (seen.Breaks >= 2 || seen.Exposure >= 120) && seen.Spread < 0.5 ? Confidence.High : Confidence.Medium;
    }
}
