using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// Faults that need a start of their own: faults during the start, which must either refuse it with a sentence or have no effect, and
/// faults after which a process does not retry what a file system has refused (O_DIRECT).
/// </summary>
internal sealed class SyscallStarts(LabRun run, LabService service, Shim shim, CancellationToken cancellationToken)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly ShimCall[] Calls =
    [
        ShimCall.MkdirAt, ShimCall.OpenDir, ShimCall.Fsync, ShimCall.Fdatasync, ShimCall.OpenAt, ShimCall.Reopen, ShimCall.Pwrite,
            ShimCall.RenameAt2, ShimCall.Statx, ShimCall.StatVfs,
        ShimCall.UnlinkAt, ShimCall.Pread, ShimCall.Close,
    ];

    /// <summary>A descriptor cannot switch between cached and direct I/O: the bytes must take the other path.</summary>
    public async Task DirectAsync(SyscallUses ways)
    {
        var chosen = ways.All.Where(way => way.Name is "long" or "session").ToArray();
        for (var round = 0; round < (run.IsSoak ? 20 : 1); round++)
        {
            foreach (var way in chosen)
            {
                await AgainAsync();
                using var wire = new WitnessClient(service.Address, service.Key);
                var fault = new SyscallFault(ShimCall.SetFlags, SyscallFault.Invalid, run.Random.Next(1, way.Alone ? 3 : 7), Sticky: false);
                var trial = new SyscallTrial(run, wire, shim, $"{way.Name}: {fault}", fault, cancellationToken);
                await way.Run(trial);
                run.Injected += shim.Fired;
                shim.Disarm();
            }
        }
    }

    /// <summary>Leaves the service running.</summary>
    public async Task RunAsync()
    {
        // MKDIRAT always, because no other use of the service creates a folder.
        var (refused, others) = (0, Calls[1..]);
        run.Random.Shuffle(others);
        foreach (var call in others.Take(run.IsSoak ? others.Length : 2).Prepend(ShimCall.MkdirAt))
        {
            var before = shim.Seen(call);
            await AgainAsync();
            var count = shim.Seen(call) - before;
            var codes = SyscallFault.Codes(call).ToArray();
            foreach (var code in run.IsSoak ? codes : [codes[run.Random.Next(codes.Length)]])
                refused += count > 0 && await StartAsync(new SyscallFault(call, code, run.Random.Next(1, count + 1), Sticky: false))
                    ? 1
                    : 0;
        }

        await RelaxedStopAsync();
        run.Figures.Add($"{refused} starts refused");
        if (!service.IsRunning)
            await service.StartAsync(cancellationToken);
    }

    // Only this stop flushes the whole file system; if that fails, the next start verifies what was written.
    private async Task RelaxedStopAsync()
    {
        const string relaxed = "--Storage:Durability=Relaxed";
        service.Settings.Add(relaxed);
        await AgainAsync();
        shim.Arm(ShimCall.Syncfs, SyscallFault.InputOutput, 1, sticky: false);
        await StopAsync();
        run.Injected += shim.Fired;
        shim.Disarm();
        _ = service.Settings.Remove(relaxed);
    }

    /// <returns>Whether the start was refused.</returns>
    private async Task<bool> StartAsync(SyscallFault fault)
    {
        await StopAsync();
        shim.Arm(fault.Call, fault.Code, fault.Which, fault.Sticky);
        var lines = service.Output.Count();
        service.Launch();
        if (await Task.WhenAny(service.Ready, service.Ended).WaitAsync(Patience, TimeProvider.System, cancellationToken) == service.Ready)
        {
            run.Injected += shim.Fired;
            shim.Disarm();
            return false;
        }

        run.Injected += shim.Fired;
        shim.Disarm();
        var said = service.Output.Skip(lines).ToArray();
        run.Check(service.ExitCode is > 0 and < 128, $"start: {fault}, and it ended with {service.ExitCode}");
        run.Check(said.Any(line => line.Trim().Length > 0) && !said.Any(
            line => line.StartsWith("   at ", StringComparison.Ordinal) || line.Contains("Unhandled", StringComparison.Ordinal)),
            $"start: {fault}, and what it says is not a sentence: {string.Join('\n', said)}");
        // A service that runs keeps the last answer about free space; a start has none to keep.
        run.Check(
            !fault.IsHarmless || fault.Call is ShimCall.StatVfs,
            $"start: {fault}, harmlessly, and it was refused: {string.Join('\n', said)}");
        return true;
    }

    private async Task AgainAsync()
    {
        await StopAsync();
        await service.StartAsync(cancellationToken);
    }

    private async Task StopAsync()
    {
        if (service.IsRunning)
            run.Check(await service.StopAsync() == 0, "the service did not stop in good order");
    }
}
