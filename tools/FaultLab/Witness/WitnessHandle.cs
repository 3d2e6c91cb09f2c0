using System.Diagnostics;
using System.Text.Json.Nodes;
using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;

namespace ChunkUpload.FaultLab.Witness;

/// <summary>
/// The conductor's handle of a witness. The witness is a process of its own, so that faults of the service do not reach its journal.
/// </summary>
internal sealed class WitnessHandle : IDisposable
{
    public const string EverythingMix = "session,session,session,tus,tus,ietf,ietf,put,joined,doomed,check,check,purge";

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(20);

    // How long no acknowledgement at all is tolerated; a start on a busy machine may take minutes.
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(4);

    // For answers that come at once on a machine that is not busy.
    private static readonly TimeSpan Rarely = TimeSpan.FromMinutes(1);

    private readonly LabRun _run;
    private readonly LabService? _service;
    private readonly Process _process;
    private readonly SemaphoreSlim _turn = new(1);
    private int _told;
    private bool _disposed;

    /// <param name="balancer">The load balancer before several nodes, each of which may end; the service is one of them.</param>
    public WitnessHandle(LabRun run, LabService service, int clients = 8, string mix = EverythingMix, int largest = 200_000,
        int breakPercent = 5, Uri? address = null, Uri? balancer = null)
    {
        (_run, _service) = (run, balancer is null ? service : null);
        JournalFile = run.Place($"witness-{Guid.NewGuid():N}.log");
        _process = Shell.Begin("dotnet",
        [
            Environment.GetCommandLineArgs()[0], "witness", (balancer ?? address ?? service.Address).OriginalString, service.KeyFile,
            JournalFile, $"{run.Seed}", $"{clients}", mix, $"{largest}", $"{breakPercent}",
            .. balancer is null ? [] : (string[])["balanced"],
        ]);
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
                run.Tell("witness: " + text);
        };
        _process.BeginErrorReadLine();
        run.Later(() =>
        {
            Dispose();
            return Task.CompletedTask;
        });
    }

    /// <summary>The file with every acknowledgement and its time.</summary>
    public string JournalFile { get; }

    /// <summary>The count after the last order.</summary>
    public long Acks { get; private set; }

    /// <summary>How often each status was answered.</summary>
    public JsonObject Answers { get; private set; } = [];

    public int Uploads { get; private set; }

    public Task LoadAsync(CancellationToken cancellationToken) => OrderAsync("load", cancellationToken);

    /// <summary>Waits for this number of further acknowledgements.</summary>
    /// <exception cref="LabException">None came for minutes.</exception>
    public async Task AckedAsync(long more, CancellationToken cancellationToken)
    {
        await OrderAsync("report", cancellationToken);
        var (before, seen, since) = (Acks, Acks, TimeProvider.System.GetTimestamp());
        while (Acks < before + more)
        {
            await Task.Delay(Glance, TimeProvider.System, cancellationToken);
            await OrderAsync("report", cancellationToken);
            if (Acks > seen)
                (seen, since) = (Acks, TimeProvider.System.GetTimestamp());
            else if (TimeProvider.System.GetElapsedTime(since) > Silence)
                throw new LabException($"Of {more} acknowledgements that were waited for {Acks - before} came, and none for "
                    + $"{Silence.TotalMinutes} minutes; what was answered since the begin: {Answers.ToJsonString()}");
        }
    }

    /// <summary>Waits until this status has been answered; false if that takes more than a minute.</summary>
    public async Task<bool> AnsweredAsync(string status, CancellationToken cancellationToken)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(since) < Rarely)
        {
            await OrderAsync("report", cancellationToken);
            if (Answers.Any(answer => answer.Key.StartsWith(status, StringComparison.Ordinal)))
                return true;
            await Task.Delay(Glance, TimeProvider.System, cancellationToken);
        }

        return false;
    }

    /// <summary>Checks every acknowledgement against the current state.</summary>
    public Task CheckAsync(CancellationToken cancellationToken) => OrderAsync("check", cancellationToken);

    /// <summary>Begins no more uploads.</summary>
    public Task HoldAsync(CancellationToken cancellationToken) => OrderAsync("hold", cancellationToken);

    /// <summary>Finishes open uploads and compares everything that was ever acknowledged.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        await HoldAsync(cancellationToken);
        await OrderAsync("finish", cancellationToken);
        _run.Acknowledged += Acks;
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _turn.Dispose();
    }

    private async Task OrderAsync(string order, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await _process.StandardInput.WriteLineAsync(order.AsMemory(), cancellationToken);
            await _process.StandardInput.FlushAsync(cancellationToken);
            // A running service is needed to carry out an order; if it ends meanwhile, no answer comes.
            var answer = _process.StandardOutput.ReadLineAsync(cancellationToken).AsTask();
            if (_service is not null && await Task.WhenAny(answer, _service.Ended) != answer && !answer.IsCompleted)
                throw new LabException($"The service ended by itself during \"{order}\", {_service.LastWords}");
            var line = await answer ?? throw new LabException("The witness has ended.");
            var report = JsonNode.Parse(line)!;
            (Acks, Uploads, Answers) =
                (report["acks"]!.GetValue<long>(), report["uploads"]!.GetValue<int>(), report["answers"]!.AsObject());
            foreach (var violation in report["violations"]!.AsArray().Skip(_told))
                _run.Violate(violation!.GetValue<string>());
            _told = Math.Max(_told, report["violations"]!.AsArray().Count);
        }
        finally
        {
            _ = _turn.Release();
        }
    }
}
