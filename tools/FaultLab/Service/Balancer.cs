using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Service;

/// <summary>nginx or HAProxy with its configuration of docs/, which sends each request to the next of several services.</summary>
internal sealed class Balancer
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly Process _process;

    private Balancer(LabRun run, Process process, Uri address)
    {
        (_process, Address) = (process, address);
        _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
        _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        run.Later(async () =>
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
        });
    }

    public Uri Address { get; }

    public static async Task<Balancer> StartAsync(
        LabRun run, string program, IReadOnlyList<LabService> services, CancellationToken cancellationToken)
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();
            var folder = run.MakeFolder(program);
            string[] arguments = program == "nginx"
                ? ["-p", folder, "-e", "stderr", "-c", await NginxAsync(run, folder, port, services, cancellationToken)]
                : ["-db", "-q", "-f", await HaproxyAsync(run, folder, port, services, cancellationToken)];
            var balancer = new Balancer(run, Shell.Begin($"/usr/sbin/{program}", arguments), new Uri($"http://127.0.0.1:{port}"));
            while (!await ListensAsync(port, cancellationToken))
            {
                if (balancer._process.HasExited)
                    throw new LabException($"{program} ended with code {balancer._process.ExitCode}.");
                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            }

            return balancer;
        }
    }

    private static async Task<string> NginxAsync(
        LabRun run, string folder, int port, IReadOnlyList<LabService> services, CancellationToken cancellationToken)
    {
        var servers = string.Concat(services.Select(
            service => $"server {service.Address.Authority} max_fails=1 fail_timeout=2s;\n    "));
        var site = await ChangedAsync(
            run, "docs/nginx.conf", cancellationToken, ("server 127.0.0.1:8080;", servers),
            ("listen 443 ssl http2;", string.Create(CultureInfo.InvariantCulture, $"listen 127.0.0.1:{port};")),
            ("ssl_certificate /etc/ssl/files.example.org/fullchain.pem;", ""),
            ("ssl_certificate_key /etc/ssl/files.example.org/privkey.pem;", ""));
        var file = Path.Combine(folder, "nginx.conf");
        // A single process: one that is killed leaves no worker.
        await File.WriteAllTextAsync(file, $$"""
            daemon off;
            master_process off;
            pid {{folder}}/nginx.pid;
            error_log stderr crit;
            events {}
            http {
                access_log off;
                client_body_temp_path {{folder}}/body;
                proxy_temp_path {{folder}}/proxy;
                fastcgi_temp_path {{folder}}/fastcgi;
                uwsgi_temp_path {{folder}}/uwsgi;
                scgi_temp_path {{folder}}/scgi;
            {{site}}
            }
            """, cancellationToken);
        return file;
    }

    private static async Task<string> HaproxyAsync(
        LabRun run, string folder, int port, IReadOnlyList<LabService> services, CancellationToken cancellationToken)
    {
        var servers = string.Concat(services.Select(
            (service, index) => $"\n    server n{index} {service.Address.Authority} check inter 1s fall 1 rise 1"));
        var file = Path.Combine(folder, "haproxy.cfg");
        await File.WriteAllTextAsync(file, await ChangedAsync(
            run, "docs/haproxy.cfg", cancellationToken,
            ("bind :443 ssl crt /etc/ssl/files.example.org/fullchain-and-key.pem alpn h2,http/1.1",
                string.Create(CultureInfo.InvariantCulture, $"bind 127.0.0.1:{port}")),
            ("X-Forwarded-Proto https", "X-Forwarded-Proto http"),
            ("    server service 127.0.0.1:8080", "    balance roundrobin\n    option httpchk GET /health/ready" + servers)),
            cancellationToken);
        return file;
    }

    private static async Task<string> ChangedAsync(
        LabRun run, string path, CancellationToken cancellationToken, params (string From, string To)[] parts)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(run.Root, path), cancellationToken);
        foreach (var (from, to) in parts)
        {
            text = text.Contains(from, StringComparison.Ordinal)
                ? text.Replace(from, to, StringComparison.Ordinal)
                : throw new LabException($"{path} has no \"{from}\".");
        }

        return text;
    }

    private static async Task<bool> ListensAsync(int port, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
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
