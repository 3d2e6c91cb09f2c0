using ChunkUpload.AdvisorLab.Model;
using ChunkUpload.AdvisorLab.Senders;
using ChunkUpload.AdvisorLab.Traces;
using ChunkUpload.Core.Advisor;

namespace ChunkUpload.AdvisorLab.Experiments;

/// <summary>Runs all senders and oracles through the same scenarios. The result depends only on the seed.</summary>
internal static class Experiment
{
    /// <param name="all">Includes the senders of the long table only, and hindsight with staggered chunks.</param>
    /// <param name="calm">Most links do not drop every ten seconds.</param>
    public static IReadOnlyList<ScenarioResult> Run(
        IReadOnlyList<Trace> traces, int scenarios, int seeds, ulong seed, AdaptiveTuning tuning, int workers, Action<int>? progress = null,
        bool all = true, bool calm = false)
    {
        var results = new ScenarioResult[scenarios];
        var (next, done) = (-1, 0);
        var threads = Enumerable.Range(0, Math.Clamp(workers, 1, scenarios)).Select(_ => new Thread(Work)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return results;

        void Work()
        {
            var simulation = new UploadSimulation();
            var lineup = Lineup.Make(tuning, all);
            while (Interlocked.Increment(ref next) is var number && number < scenarios)
            {
                results[number] = Run(simulation, lineup, Scenario.Draw(traces, seed, number, calm), seeds, all);
                progress?.Invoke(Interlocked.Increment(ref done));
            }
        }
    }

    private static ScenarioResult Run(UploadSimulation simulation, Sender[] lineup, Scenario scenario, int seeds, bool all)
    {
        var result = new ScenarioResult(
            scenario, new double[lineup.Length], new double[lineup.Length], new int[lineup.Length], new double[lineup.Length]);
        for (var index = 0; index < lineup.Length; index++)
        {
            for (var seed = 0; seed < seeds; seed++)
            {
                var run = simulation.Run(scenario, lineup[index], seed);
                result.Seconds[index] += run.Seconds / seeds;
                result.SentTwice[index] += run.SentTwice / seeds;
                result.Requests[index] += (double)run.Requests / seeds;
                result.Unfinished[index] += run.Finished ? 0 : 1;
            }
        }

        var (whole, wholeCrossed) = new Oracle(simulation, scenario, seeds, keepsPrefix: false).Find();
        var (kept, keptCrossed) = new Oracle(simulation, scenario, seeds, keepsPrefix: true).Find();
        result = result with { Whole = whole, WholeCrossed = wholeCrossed, Kept = kept, KeptCrossed = keptCrossed };
        if (!all)
            return result;
        var (wholeStaggered, _) = new Oracle(simulation, scenario, seeds, keepsPrefix: false, staggers: true).Find();
        var (keptStaggered, _) = new Oracle(simulation, scenario, seeds, keepsPrefix: true, staggers: true).Find();
        return result with { WholeStaggered = wholeStaggered, KeptStaggered = keptStaggered };
    }
}
