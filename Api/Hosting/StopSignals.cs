using System.Runtime.InteropServices;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// SIGTERM, SIGINT and SIGHUP ask for a stop; a SIGTERM or SIGINT after that ends the process at once. Ours instead of the framework's
/// console lifetime, because that one does not listen yet while the start steps run.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    // As a shell tells it: 128 and the signal's number.
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
