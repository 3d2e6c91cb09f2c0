using System.Globalization;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.AdvisorLab.Study;

/// <summary>What an outcome and the advice after it cost the service.</summary>
internal static class Cost
{
    private const int Rounds = 2_000_000;

    public static (string Text, bool IsMet) Measure(TimeProvider time)
    {
        var policy = new AdaptivePolicy(new AdviceLimits());
        var link = new LinkState();
        _ = Run(policy, link, Rounds / 10);
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var from = time.GetTimestamp();
        var sum = Run(policy, link, Rounds);
        var each = time.GetElapsedTime(from).TotalMicroseconds / Rounds;
        var allocated = (double)(GC.GetAllocatedBytesForCurrentThread() - bytes) / Rounds;
        var met = each <= 2 && allocated < 0.01;
        return (string.Create(CultureInfo.InvariantCulture, $"{each:0.000} µs and {allocated:0.00} bytes per outcome and advice (goal: at most 2 µs, nothing; checksum {sum % 1000})"), met);
    }

    private static long Run(AdaptivePolicy policy, LinkState link, int rounds)
    {
        long sum = 0, total = 0;
        var now = 0.0;
        for (var round = 0; round < rounds; round++)
        {
            link.Opened(now, total, 0.1);
            now += 0.8 + (round % 7 * 0.05);
            total += 1 << 20;
            var broke = round % 9 == 8;
            link.Ended(now, now, total, new BodyOutcome(broke ? BodyEnding.Disconnect : BodyEnding.Ok, 1 << 20, 1 << 20, broke ? 1 << 18 : 0));
            var advice = policy.Decide(link, new AdviceQuestion { Remaining = 1L << 40 });
            link.Advised = advice.Size;
            sum += advice.Size;
        }

        return sum;
    }
}
