using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ChunkUpload.Bench.UnderTest;

/// <summary>Apache with its WebDAV module, for comparison. What is put to <see cref="Address"/> lies in <see cref="Files"/>.</summary>
internal sealed class WebDavProcess : IAsyncDisposable
{
    private const string Program = "/usr/sbin/apache2";

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    private readonly Process _process;

    private WebDavProcess(Process process, Uri address, string files) => (_process, Address, Files) = (process, address, files);

    public Uri Address { get; }

    public string Files { get; }

    public static async Task<WebDavProcess> StartAsync(string folder, CancellationToken cancellationToken)
    {
        if (!File.Exists(Program))
            throw new BenchException("apache2 is missing: start through tools/Bench/bench.");
        var files = Path.Combine(folder, "files");
        foreach (var made in (string[])[folder, files])
        {
            _ = Directory.CreateDirectory(made);
            // Its workers are another user.
            File.SetUnixFileMode(made, (UnixFileMode)0x1FF);
        }

        var port = FreePort();
        var configuration = Path.Combine(folder, "apache.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            ServerRoot {{folder}}
            ServerName localhost
            Listen 127.0.0.1:{{port}}
            PidFile {{folder}}/pid
            ErrorLog {{folder}}/error.log
            User www-data
            Group www-data
            LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
            LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
            LoadModule dav_module /usr/lib/apache2/modules/mod_dav.so
            LoadModule dav_fs_module /usr/lib/apache2/modules/mod_dav_fs.so
            DavLockDB {{folder}}/locks
            DocumentRoot {{files}}
            MaxKeepAliveRequests 0
            <Directory {{files}}>
                Dav On
                Require all granted
            </Directory>

            """, cancellationToken);
        var process = Process.Start(new ProcessStartInfo(Program, ["-f", configuration, "-D", "FOREGROUND"]))!;
        while (!await ListensAsync(port, cancellationToken))
        {
            if (process.HasExited)
                throw new BenchException("apache2 did not start.");
            await Task.Delay(BetweenLooks, TimeProvider.System, cancellationToken);
        }

        return new WebDavProcess(process, new Uri($"http://127.0.0.1:{port}"), files);
    }

    public async ValueTask DisposeAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync(CancellationToken.None);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<bool> ListensAsync(int port, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
