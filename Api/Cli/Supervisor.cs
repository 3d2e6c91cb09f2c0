using Microsoft.Extensions.Hosting.Systemd;

namespace ChunkUpload.Api.Cli;

/// <summary>Notifies systemd when the service is ready and when it stops, if systemd has started the process (Type=notify).</summary>
internal sealed class Supervisor
{
    private const string Socket = "NOTIFY_SOCKET";

    private readonly SystemdNotifier _notifier = new();

    // PostgreSQL also uses this variable and would report its own readiness.
    public Supervisor() => Environment.SetEnvironmentVariable(Socket, null);

    public void Ready() => _notifier.Notify(ServiceState.Ready);

    public void Stopping() => _notifier.Notify(ServiceState.Stopping);
}
