using System.Globalization;
using ChunkUpload.AdvisorLab.Model;
using ChunkUpload.AdvisorLab.Traces;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.AdvisorLab.Study;

/// <summary>
/// Changes each of the adaptive policy's constants by a step up and down, and keeps a change that reduces the total loss.
/// </summary>
internal sealed class Tune(IReadOnlyList<Trace> traces, int scenarios, int seeds, ulong seed, int workers)
{
    private static readonly (string Name, Func<AdaptiveTuning, double> Get, Func<AdaptiveTuning, double, AdaptiveTuning> Set)[] Figures =
    [
        ("PriorBreaks", t => t.PriorBreaks, (t, v) => t with { PriorBreaks = v }),
        ("PriorSeconds", t => t.PriorSeconds, (t, v) => t with { PriorSeconds = v }),
        ("PriorCorrupt", t => t.PriorCorrupt, (t, v) => t with { PriorCorrupt = v }),
        ("PriorVerified", t => t.PriorVerified, (t, v) => t with { PriorVerified = v }),
        ("ExposedDeadTime", t => t.ExposedDeadTime, (t, v) => t with { ExposedDeadTime = v }),
        ("BreakCost", t => t.BreakCost, (t, v) => t with { BreakCost = v }),
        ("CoverDeadTime", t => t.CoverDeadTime, (t, v) => t with { CoverDeadTime = v }),
        ("CorruptionCost", t => t.CorruptionCost, (t, v) => t with { CorruptionCost = v }),
        ("MinSeconds", t => t.MinSeconds, (t, v) => t with { MinSeconds = v }),
        ("MaxSeconds", t => t.MaxSeconds, (t, v) => t with { MaxSeconds = v }),
        ("Growth", t => t.Growth, (t, v) => t with { Growth = v }),
        ("FirstSize", t => t.FirstSize, (t, v) => t with { FirstSize = (long)v }),
    ];

    private IReadOnlyList<ScenarioResult> _oracles = [];

    public void Run(double step, int rounds)
    {
        _oracles = Experiment.Run(traces, scenarios, seeds, seed, AdaptiveTuning.Default, workers, all: false);
        var best = AdaptiveTuning.Default;
        var score = Score(best, out var text);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{score:0.00000} {text} as it is"));
        for (var round = 0; round < rounds; round++)
        {
            var before = score;
            foreach (var (name, get, set) in Figures)
            {
                foreach (var factor in new[] { step, 1 / step })
                {
                    var moved = false;
                    while (true)
                    {
                        var candidate = set(best, get(best) * factor);
                        var value = Score(candidate, out text);
                        if (value >= score - 1e-5)
                            break;
                        (best, score, moved) = (candidate, value, true);
                        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{score:0.00000} {text} {name}={get(best):0.####}"));
                    }

                    if (moved)
                        break;
                }
            }

            Console.WriteLine(best);
            if (before - score < 1e-4)
                break;
        }
    }

    private double Score(AdaptiveTuning tuning, out string text)
    {
        var simulation = new UploadSimulation();
        var lineup = Lineup.Make(tuning, all: false);
        double w1 = 0, w4 = 0, k4 = 0, waste = 0, unfinished = 0;
        foreach (var known in _oracles)
        {
            var times = new double[3];
            for (var who = 0; who < 3; who++)
            {
                for (var s = 0; s < seeds; s++)
                {
                    var run = simulation.Run(known.Scenario, lineup[who], s);
                    times[who] += run.Seconds / seeds;
                    unfinished += run.Finished ? 0 : 1;
                    if (who == 2)
                        waste += run.SentTwice / seeds / _oracles.Count;
                }
            }

            w1 += Math.Log(times[0] / known.Whole.One) / _oracles.Count;
            w4 += Math.Log(times[1] / known.Whole.Eight) / _oracles.Count;
            k4 += Math.Log(times[2] / known.Kept.Eight) / _oracles.Count;
        }

        text = string.Create(CultureInfo.InvariantCulture,
            $"w1 {Math.Exp(w1):0.0000} w4 {Math.Exp(w4):0.0000} k4 {Math.Exp(k4):0.0000} waste {waste:0.0000} unfinished {unfinished}");
        return w1 + w4 + k4 + Math.Max(0, waste - 0.025) + (unfinished * 0.01);
    }
}
