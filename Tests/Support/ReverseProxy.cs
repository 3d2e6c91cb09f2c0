using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ChunkUpload.Tests.Support;

/// <summary>A test with real proxies; skipped where they are missing. tools/test fetches them.</summary>
internal sealed class ProxyFactAttribute : FactAttribute
{
    public ProxyFactAttribute() => Skip = ReverseProxy.Missing;
}

/// <inheritdoc cref="ProxyFactAttribute"/>
internal sealed class ProxyTheoryAttribute : TheoryAttribute
{
    public ProxyTheoryAttribute() => Skip = ReverseProxy.Missing;
}

/// <summary>A real nginx or HAProxy with its configuration of docs/ before a service, on a free port, with its files in a folder.</summary>
internal sealed class ReverseProxy : IAsyncDisposable
{
    public const string Nginx = "nginx";
    public const string Haproxy = "haproxy";

    private readonly string _folder;
    private readonly Process _process;

    private ReverseProxy(string folder, Process process, Uri address) => (_folder, _process, Address) = (folder, process, address);

    /// <summary>The reason why a proxy cannot run, or null.</summary>
    public static string? Missing => new[] { Nginx, Haproxy }.FirstOrDefault(name => Program(name) is null) is { } name
        ? $"{name} is missing: tools/test fetches it"
        : null;

    public Uri Address { get; }

    /// <param name="change">Changes to the configuration file for one test.</param>
    public static Task<ReverseProxy> StartAsync(
        string name, TestService service, TestCertificate certificate, Func<string, string>? change = null) =>
        StartAsync(name, service.Address, certificate, change);

    public static async Task<ReverseProxy> StartAsync(
        string name, Uri service, TestCertificate certificate, Func<string, string>? change = null)
    {
        var folder = ServiceFolder.Create();
        var port = FreePort();
        var start = name == Nginx
            ? await NginxAsync(folder, port, service, certificate, change)
            : await HaproxyAsync(folder, port, service, certificate, change);
        var proxy = new ReverseProxy(folder, Process.Start(start)!, new Uri($"https://127.0.0.1:{port}"));
        try
        {
            await proxy.ReadyAsync(port);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
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

    private static string? Program(string name) =>
        new[] { $"/usr/sbin/{name}", Path.Combine(Unpacked(name), "usr/sbin", name) }.FirstOrDefault(File.Exists);

    private static string Unpacked(string name) => Path.Combine(Repository.Root, "artifacts", name);

    private static async Task<ProcessStartInfo> NginxAsync(
        string folder, int port, Uri service, TestCertificate certificate, Func<string, string>? change)
    {
        var site = await ConfigurationAsync(
            "docs/nginx.conf", change, ("server 127.0.0.1:8080;", $"server {service.Authority};"),
            ("listen 443 ", $"listen 127.0.0.1:{port} "), ("/etc/ssl/files.example.org/fullchain.pem", certificate.CertificateFile),
            ("/etc/ssl/files.example.org/privkey.pem", certificate.KeyFile));
        await File.WriteAllTextAsync(Path.Combine(folder, "site.conf"), site);
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
        return new ProcessStartInfo(Program(Nginx)!, ["-p", folder, "-c", Path.Combine(folder, "nginx.conf"), "-e", "stderr"])
        {
            RedirectStandardError = true,
        };
    }

    private static async Task<ProcessStartInfo> HaproxyAsync(
        string folder, int port, Uri service, TestCertificate certificate, Func<string, string>? change)
    {
        var pair = Path.Combine(folder, "pair.pem");
        await File.WriteAllTextAsync(
            pair, await File.ReadAllTextAsync(certificate.CertificateFile) + "\n" + await File.ReadAllTextAsync(certificate.KeyFile));
        var file = Path.Combine(folder, "haproxy.cfg");
        await File.WriteAllTextAsync(file, await ConfigurationAsync(
            "docs/haproxy.cfg", change, ("server service 127.0.0.1:8080", $"server service {service.Authority}"),
            ("bind :443 ", $"bind 127.0.0.1:{port} "), ("/etc/ssl/files.example.org/fullchain-and-key.pem", pair)));
        // Runs in the foreground and prints nothing. It needs the path of its libraries where it was unpacked instead of installed.
        var start = new ProcessStartInfo(Program(Haproxy)!, ["-db", "-q", "-f", file]) { RedirectStandardError = true };
        var libraries = Path.Combine(Unpacked(Haproxy), "usr/lib");
        if (Directory.Exists(libraries))
            start.Environment["LD_LIBRARY_PATH"] = string.Join(':', Directory.GetDirectories(libraries));
        return start;
    }

    private static async Task<string> ConfigurationAsync(string path, Func<string, string>? change, params (string From, string To)[] parts)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, path));
        foreach (var (from, to) in parts)
        {
            Assert.Contains(from, text, StringComparison.Ordinal);
            text = text.Replace(from, to, StringComparison.Ordinal);
        }

        return change?.Invoke(text) ?? text;
    }

    private async Task ReadyAsync(int port)
    {
        // Neither proxy prints that it listens, so try to connect until one attempt succeeds or the process has ended.
        while (true)
        {
            if (_process.HasExited)
                Assert.Fail($"The proxy ended with {_process.ExitCode}: {await _process.StandardError.ReadToEndAsync()}");
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
