using ChunkUpload.AdvisorLab.Model;
using ChunkUpload.AdvisorLab.Senders;

namespace ChunkUpload.AdvisorLab.Experiments;

/// <summary>
/// Mean times over a scenario's seeds for the best fixed choice in hindsight with one stream, up to four, and up to eight.
/// </summary>
internal readonly record struct Hindsight(double One, double Four, double Eight);

/// <summary>
/// Finds the best fixed size and number of streams in hindsight: the one with the least mean time over all seeds of the scenario. Also
/// cross-fitted: chosen on every second seed and scored on the others, and vice versa, so that no candidate wins by luck. A candidate is
/// dropped once it cannot win any more; that changes no result.
/// </summary>
internal sealed class Oracle(UploadSimulation simulation, Scenario scenario, int seeds, bool keepsPrefix, bool staggers = false)
{
    // Ordered from the sizes that are most often best, so that the others are dropped early. 64 KiB to 128 MiB.
    private static readonly long[] Sizes =
        [.. new[] { 1024, 512, 2048, 4096, 256, 8192, 16384, 128, 64, 32768, 65536, 131072 }.Select(kib => (long)kib << 10)];

    private static readonly int[] Four = [4, 3, 2];
    private static readonly int[] Eight = [6, 8];

    // Sums over the even seeds, the odd seeds and all seeds.
    private readonly Best[] _best = new Best[3];

    private readonly record struct Best(double Seconds, Sender? Sender);

    /// <returns>The choice on all seeds, and the cross-fitted one, which is NaN with a single seed.</returns>
    public (Hindsight All, Hindsight Crossed) Find()
    {
        Array.Fill(_best, new Best(double.PositiveInfinity, null));
        Try([1]);
        var one = Score();
        Try(Four);
        var four = Score();
        Try(Eight);
        var eight = Score();
        return (new Hindsight(one.All, four.All, eight.All), new Hindsight(one.Crossed, four.Crossed, eight.Crossed));
    }

    private void Try(IEnumerable<int> streams)
    {
        foreach (var size in streams.SelectMany(_ => Sizes, (count, size) => Sender.Fixed(size, count, keepsPrefix, staggers)))
            Try(size);
    }

    private void Try(Sender sender)
    {
        Span<double> halves = stackalloc double[2];
        for (var half = 0; half < 2; half++)
        {
            for (var seed = half; seed < seeds; seed += 2)
            {
                var limit = Math.Max(_best[half].Seconds - halves[half], _best[2].Seconds - halves[0] - halves[1]);
                var run = limit > 0 ? simulation.Run(scenario, sender, seed, limit).Seconds : limit;
                halves[half] += run < limit ? run : double.PositiveInfinity;
            }
        }

        Keep(0, halves[0]);
        if (seeds > 1)
            Keep(1, halves[1]);
        Keep(2, halves[0] + halves[1]);

        void Keep(int which, double seconds)
        {
            if (seconds < _best[which].Seconds)
                _best[which] = new Best(seconds, sender);
        }
    }

    private (double All, double Crossed) Score()
    {
        var crossed = double.NaN;
        if (seeds > 1)
            crossed = (Over(_best[0].Sender!, 1) + Over(_best[1].Sender!, 0)) / seeds;
        return (_best[2].Seconds / seeds, crossed);
    }

    private double Over(Sender sender, int half)
    {
        var seconds = 0.0;
        for (var seed = half; seed < seeds; seed += 2)
            seconds += simulation.Run(scenario, sender, seed).Seconds;
        return seconds;
    }
}
