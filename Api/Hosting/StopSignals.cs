using System.Runtime.InteropServices;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// Stops the service on SIGTERM, SIGINT or SIGHUP; a further SIGTERM or SIGINT ends the process immediately. Replaces the framework's
/// console lifetime, which does not listen during the start steps.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    // The exit codes that shells use: 128 plus the signal's number.
    private const int EndedByInterrupt = 130;
    private const int EndedByTerminate = 143;

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals() =>
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
        ];

    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _stop.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_stop.IsCancellationRequested && context.Signal is PosixSignal.SIGINT or PosixSignal.SIGTERM)
            Environment.Exit(context.Signal == PosixSignal.SIGINT ? EndedByInterrupt : EndedByTerminate);
        _stop.Cancel();
    }
}
