using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// Every system call of the store fails once, in every possible way, while the service is used in every way. No failed operation may be
/// answered with success, nothing with 500, no descriptor may be flushed again, and the same use must succeed once the fault has passed,
/// also if background work met it. Short writes, interrupted calls and a failed close do no harm. The other variant uses random pairs of
/// faults.
/// </summary>
internal sealed class SyscallTest(bool pairs) : IFaultTest
{
    private static readonly ShimCall[] Swept =
    [
        ShimCall.OpenAt, ShimCall.Pwrite, ShimCall.Fsync, ShimCall.Fdatasync, ShimCall.RenameAt2, ShimCall.Fallocate, ShimCall.UnlinkAt,
            ShimCall.Reopen, ShimCall.OpenDir,
        ShimCall.Ftruncate, ShimCall.Clone, ShimCall.CopyFileRange, ShimCall.Pread, ShimCall.Read, ShimCall.SendFile, ShimCall.Statx,
            ShimCall.StatVfs, ShimCall.Advise, ShimCall.Close,
    ];

    // If one of these fails within a request, without concurrent work that could have met the fault, a success would be false.
    private static readonly ShimCall[] MustFail =
        [ShimCall.OpenAt, ShimCall.Pwrite, ShimCall.Fsync, ShimCall.Fdatasync, ShimCall.RenameAt2];

    public string Name => pairs ? "pairs" : "syscalls";

    public string Number => "T3";

    public string Question => pairs
        ? "Do two failed system calls do what one does not?"
        : "Is a failed system call ever answered with a success?";

    // The other variant runs a few of them.
    public bool InCi => !pairs;

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var cluster = await OwnCluster.CreateAsync(run, run.Place("pg"), cancellationToken);
        var service = new LabService(run, run.MakeFolder("data"))
        {
            Settings = { "--ConnectionStrings:Ledger=" + cluster.ConnectionString, "--Storage:TrashKeep=0s" },
        };
        using var shim = await Shim.AttachAsync(run, service, cancellationToken);
        await service.StartAsync(cancellationToken);
        using var wire = new WitnessClient(service.Address, service.Key);
        var (process, percent, uses, beside) = (service.ProcessId, run.Count(ci: 20, soak: 100), 0, 0);
        var ways = new SyscallUses(run, wire, service.Data, cancellationToken);
        if (!pairs)
        {
            foreach (var way in ways.All)
                await SweepAsync(way);
        }

        for (var pair = pairs ? run.Count(ci: 100, soak: 10_000) : 12; pair > 0; pair--)
            await PairAsync(ways.All[run.Random.Next(ways.All.Count)]);
        run.Figures.Add($"{uses} uses of the service, {ways.Kept} uploads; {beside} harmful faults were met beside the requests");
        run.Check(service.IsRunning && service.ProcessId == process, "the service has ended");
        shim.Disarm();
        if (!pairs)
        {
            var starts = new SyscallStarts(run, service, shim, cancellationToken);
            await starts.DirectAsync(ways);
            await starts.RunAsync();
        }

        await ways.SettleAsync(service, most: 500);
        run.Check(await service.StopAsync() == 0, "the service did not stop in good order");
        run.Check(shim.Retried == 0, $"{shim.Retried} descriptors were flushed again after their flush had failed");
        run.Floor("faults that were met", run.Injected, pairs ? run.Count(ci: 100, soak: 10_000) / 2 : 150);
        run.Floor("acknowledgements", run.Acknowledged, 3L * uses / 2);
        run.Floor("faults that were met beside the requests", beside, pairs ? 0 : 10);
        foreach (var call in pairs ? Array.Empty<ShimCall>() : [.. Swept, ShimCall.SetFlags, ShimCall.MkdirAt, ShimCall.Syncfs])
            run.Floor($"faults of {call}", shim.Met(call), 1);
        run.Figures.Add(string.Join(", ", Enum.GetValues<ShimCall>().Select(call => $"{shim.Met(call)} {call}")));
        await service.FsckAsync(cancellationToken);

        // In CI one or two calls of each kind for each error, and some of those after which the store must be probed, which takes seconds.
        // In the soak every single call, once and permanently.
        async Task SweepAsync(SyscallWay way)
        {
            var before = Array.ConvertAll(Swept, shim.Seen);
            await UseAsync(way, null);
            var counts = Swept.Select((call, index) => (Call: call, Count: shim.Seen(call) - before[index])).Where(seen => seen.Count > 0)
                .ToArray();
            foreach (var (call, count) in counts)
            {
                foreach (var code in SyscallFault.Codes(call))
                {
                    foreach (var which in run.IsSoak ? Enumerable.Range(1, count) : Enumerable.Range(0, way.Alone ? Math.Min(count, 2) : 1)
                        .Select(_ => run.Random.Next(1, count + 1)))
                    {
                        foreach (var sticky in run.IsSoak && code > 0 ? new[] { false, true } : [false])
                        {
                            var fault = new SyscallFault(call, code, which, sticky);
                            if (run.Random.Next(100) < (fault.IsSlow ? percent : 100))
                                await UseAsync(way, fault);
                        }
                    }
                }
            }
        }

        async Task UseAsync(SyscallWay way, SyscallFault? fault)
        {
            uses++;
            var where = fault is null ? $"{way.Name}: nothing fails" : $"{way.Name}: {fault}";
            var trial = new SyscallTrial(run, wire, shim, where, fault, cancellationToken);
            await way.Run(trial);
            var fired = trial.HasFired;
            shim.Disarm();
            if (fired)
                run.Injected++;
            if (fired && !fault!.IsHarmless && trial.Refusals == 0)
                beside++;
            if (fault is null || fault.IsHarmless)
                run.Check(trial.Refusals == 0, $"{where}, harmlessly, and {trial.Refusals} requests were refused");
            else if (fired && way.Alone && MustFail.Contains(fault.Call))
                run.Check(trial.Refusals > 0, $"{where}, and it was answered with a success");
            // Its effects on the store must not reach the next fault.
            if (fired && fault!.IsSlow && !way.Alone)
                await service.RunJobAsync("finish-pending", cancellationToken);
        }

        // The second fault hits the same use, or the next one, or the repair of the first.
        async Task PairAsync(SyscallWay way)
        {
            uses++;
            var (first, second) = (Any(1, 3), Any(1, 4));
            var trial = new SyscallTrial(
                run, wire, shim, $"{way.Name}: {first}, and {second}", first, cancellationToken)
            { Other = second };
            await way.Run(trial);
            run.Injected += shim.Fired;
            shim.Disarm();
        }

        SyscallFault Any(int from, int to)
        {
            while (true)
            {
                var call = Swept[run.Random.Next(Swept.Length)];
                var codes = SyscallFault.Codes(call).ToArray();
                var fault = new SyscallFault(call, codes[run.Random.Next(codes.Length)], run.Random.Next(from, to), Sticky: false);
                // In CI no fault after which the store must be probed.
                if (pairs || !fault.IsSlow)
                    return fault;
            }
        }
    }
}
