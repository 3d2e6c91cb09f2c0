using System.Runtime.InteropServices;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// SIGTERM, SIGINT and SIGHUP ask for a stop; a second SIGINT ends the process at once. Ours instead of the framework's
/// console lifetime, because that one does not listen yet while the start steps run.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private const int EndedByInterrupt = 130;

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
        if (context.Signal == PosixSignal.SIGINT && _stop.IsCancellationRequested)
            Environment.Exit(EndedByInterrupt);
        _stop.Cancel();
    }
}
