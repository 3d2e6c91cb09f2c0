using ChunkUpload.AdvisorLab.Model;
using ChunkUpload.AdvisorLab.Senders;
using ChunkUpload.AdvisorLab.Traces;

namespace ChunkUpload.AdvisorLab.Study;

/// <summary>How a sender's time was used on networks that drop at one interval: geometric means, and mean shares of the time.</summary>
internal sealed record TimeUse(string Name, double Mtbf, double TiersOver, double OverFluid, IReadOnlyList<double> Shares)
{
    private static readonly double[] Mtbfs = [5, 10];

    /// <summary>The dropping scenarios of an experiment with the same seed.</summary>
    public static IReadOnlyList<TimeUse> Of(IReadOnlyList<Trace> traces, int scenarios, int seeds, ulong seed)
    {
        var simulation = new UploadSimulation();
        var cases = Enumerable.Range(0, scenarios).Select(number => Scenario.Draw(traces, seed, number))
            .Where(scenario => Mtbfs.Contains(scenario.Mtbf)).ToList();
        var runs = Enumerable.Range(0, seeds).ToList();
        var tiers = Sender.Tiers(4, keepsPrefix: false);
        var yardstick =
            cases.ToDictionary(scenario => scenario.Number, scenario => runs.Average(run => simulation.Run(scenario, tiers, run).Seconds));
        Sender[] lineup = [tiers, Sender.ServedPlain(), Sender.Served(), Sender.Foreseeing()];
        return
        [
            .. lineup.SelectMany(sender => Mtbfs, (sender, mtbf) => One(sender, mtbf, [.. cases.Where(scenario => scenario.Mtbf == mtbf)]))
        ];

        TimeUse One(Sender sender, double mtbf, IReadOnlyList<Scenario> among)
        {
            var (ratio, fluid) = (0.0, 0.0);
            var shares = new double[TimeSpent.Kinds.Count];
            foreach (var scenario in among)
            {
                var spent = new TimeSpent();
                var all = runs.ConvertAll(run => simulation.Run(scenario, sender, run, spent: spent));
                var seconds = all.Average(run => run.Seconds);
                ratio += Math.Log(yardstick[scenario.Number] / seconds) / among.Count;
                fluid += Math.Log(seconds / scenario.Fluid) / among.Count;
                foreach (var kind in TimeSpent.Kinds)
                    shares[(int)kind] += spent[kind] / spent.Total / among.Count;
            }

            return new TimeUse(sender.Name, mtbf, Math.Exp(ratio), Math.Exp(fluid), shares);
        }
    }
}
