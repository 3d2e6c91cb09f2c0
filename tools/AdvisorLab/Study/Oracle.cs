using ChunkUpload.AdvisorLab.Model;
using ChunkUpload.AdvisorLab.Senders;

namespace ChunkUpload.AdvisorLab.Study;

/// <summary>
/// The best fixed size and number of streams in hindsight: whichever has the least mean time over all seeds of the scenario.
/// A candidate is left as soon as it has taken longer than the best one altogether; that changes no result.
/// </summary>
internal static class Oracle
{
    // From the sizes that are most often best outwards, so that the others are soon left. 64 KiB to 128 MiB.
    private static readonly long[] Sizes =
        [.. new[] { 1024, 512, 2048, 4096, 256, 8192, 16384, 128, 64, 32768, 65536, 131072 }.Select(kib => (long)kib << 10)];

    private static readonly int[] UpToFour = [4, 3, 2];

    /// <returns>The sums of the best candidates' times over the seeds: with one stream, with up to four, with up to six.</returns>
    public static (double One, double Four, double Six) Among(UploadSimulation simulation, Scenario scenario, int seeds, bool keepsPrefix)
    {
        var one = Best(1, double.PositiveInfinity);
        var four = UpToFour.Aggregate(one, (best, streams) => Best(streams, best));
        return (one, four, Best(6, four));

        double Best(int streams, double best)
        {
            foreach (var size in Sizes)
            {
                var sender = Sender.Fixed(size, streams, keepsPrefix);
                var total = 0.0;
                for (var seed = 0; seed < seeds && total < best; seed++)
                    total += simulation.Run(scenario, sender, seed, best - total).Seconds;
                best = Math.Min(best, total);
            }

            return best;
        }
    }
}
