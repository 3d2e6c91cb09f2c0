using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ChunkUpload.Tests.Support;

/// <summary>A test with a real nginx; skipped where there is none. tools/test downloads it.</summary>
internal sealed class NginxFactAttribute : FactAttribute
{
    public NginxFactAttribute() => Skip = Nginx.Missing;
}

/// <inheritdoc cref="NginxFactAttribute"/>
internal sealed class NginxTheoryAttribute : TheoryAttribute
{
    public NginxTheoryAttribute() => Skip = Nginx.Missing;
}

/// <summary>A real nginx with docs/nginx.conf in front of a service, on a free port. Its files are in a folder of its own.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    private static readonly string[] Places = ["/usr/sbin/nginx", Path.Combine(Repository.Root, "artifacts/nginx/usr/sbin/nginx")];

    private static readonly string? Program = Places.FirstOrDefault(File.Exists);

    private readonly string _folder;
    private readonly Process _process;

    private Nginx(string folder, Process process, Uri address) => (_folder, _process, Address) = (folder, process, address);

    /// <summary>The reason why nginx cannot run, or null.</summary>
    public static string? Missing => Program is null ? "nginx is missing: tools/test fetches it" : null;

    public Uri Address { get; }

    /// <param name="change">Changes to the configuration file for one test.</param>
    public static async Task<Nginx> StartAsync(TestService service, TestCertificate certificate, Func<string, string>? change = null)
    {
        var folder = ServiceFolder.Create();
        var port = FreePort();
        var site = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/nginx.conf"));
        foreach (var (from, to) in new[]
        {
            ("server 127.0.0.1:8080;", $"server {service.Address.Authority};"), ("listen 443 ", $"listen 127.0.0.1:{port} "),
            ("/etc/ssl/files.example.org/fullchain.pem", certificate.CertificateFile),
                ("/etc/ssl/files.example.org/privkey.pem", certificate.KeyFile),
        })
        {
            Assert.Contains(from, site, StringComparison.Ordinal);
            site = site.Replace(from, to, StringComparison.Ordinal);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "site.conf"), change?.Invoke(site) ?? site);
        await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), $$"""
            daemon off;
            master_process off;
            pid {{folder}}/nginx.pid;
            error_log stderr notice;
            events {}
            http {
                access_log off;
                client_body_temp_path {{folder}}/body;
                proxy_temp_path {{folder}}/proxy;
                fastcgi_temp_path {{folder}}/fastcgi;
                uwsgi_temp_path {{folder}}/uwsgi;
                scgi_temp_path {{folder}}/scgi;
                include {{folder}}/site.conf;
            }
            """);
        var start = new ProcessStartInfo(
            Program!, ["-p", folder, "-c", Path.Combine(folder, "nginx.conf"), "-e", "stderr"])
        { RedirectStandardError = true };
        var process = Process.Start(start)!;
        var nginx = new Nginx(folder, process, new Uri($"https://127.0.0.1:{port}"));
        try
        {
            await nginx.ReadyAsync(port);
            return nginx;
        }
        catch
        {
            await nginx.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        ServiceFolder.Remove(_folder);
    }

    private async Task ReadyAsync(int port)
    {
        // nginx prints nothing when it listens: it accepts connections, or it has ended.
        while (true)
        {
            if (_process.HasExited)
                Assert.Fail($"nginx ended with {_process.ExitCode}: {await _process.StandardError.ReadToEndAsync()}");
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                break;
            }
            catch (SocketException)
            {
                await Task.Yield();
            }
        }

        // Its pipe must not fill up.
        _ = _process.StandardError.ReadToEndAsync();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
