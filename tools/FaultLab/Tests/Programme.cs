using System.Globalization;
using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Tests;

internal static class Programme
{
    public static IReadOnlyList<IFaultTest> All { get; } = [new KillTest(), new PrefixTest(), new FullDiskTest(), new DatabaseTest(),
        new DamageTest(), new PathsTest(), new PowerTest(), new PowerAllTest(), new BlockErrorTest(), new SyscallTest(pairs: false),
            new SyscallTest(pairs: true), new ClockTest(), new NetworkTest(), new VanishTest(), new SlowTest(), new LimitsTest(),
                new DriftTest(), new UpgradeTest(), new NodesTest("nginx"), new NodesTest("haproxy"), new BucketNodesTest(),
                    new StandbyNodesTest(), new FuzzTest(), new ParserTest()];

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(LabOptions options, CancellationToken cancellationToken)
    {
        var (passed, failed) = (0, 0);
        // Each test mostly waits for processes; the option limits how many run at a time.
        await Parallel.ForEachAsync(options.Tests, new ParallelOptions { MaxDegreeOfParallelism = options.Jobs }, async (test, _) =>
        {
            await Console.Error.WriteLineAsync(
                $"== {test.Number} {test.Name}, seed {options.Seed}, {options.Size.ToString().ToLowerInvariant()}: {test.Question}");
            if (await HoldsAsync(test, options, cancellationToken))
                Interlocked.Increment(ref passed);
            else
                Interlocked.Increment(ref failed);
        });
        Console.WriteLine($"{passed} passed, {failed} failed");
        return failed == 0 ? 0 : 1;
    }

    private static async Task<bool> HoldsAsync(IFaultTest test, LabOptions options, CancellationToken cancellationToken)
    {
        var run = new LabRun(options, test.Name);
        await using (run)
        {
            try
            {
                await test.RunAsync(run, cancellationToken);
            }
            catch (Exception e)
            {
                // A test that cannot run has not passed.
                run.Violate(e is LabException or OperationCanceledException ? e.Message : e.ToString());
            }
        }

        var holds = run.Violations.Count == 0;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{(holds ? "pass" : "FAIL")} {test.Number} {test.Name}: {run.Injected} faults, {run.Acknowledged} acknowledgements, "
                + $"{run.Violations.Count} violations, {run.Elapsed.TotalSeconds:0} s, seed "
                    + $"{options.Seed}{string.Concat(run.Figures.Select(figure => "; " + figure))}"));
        foreach (var violation in run.Violations.Take(3))
            Console.WriteLine($"FAIL {test.Number} {test.Name}: {violation.Split('\n')[0]}");
        return holds;
    }
}
