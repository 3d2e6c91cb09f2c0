using System.Net;
using System.Net.Sockets;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Peers;

/// <summary>nginx with its dav module and two workers: with its defaults, and with a body buffer as large as the floors'.</summary>
internal static class NginxPeer
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    public static async Task<Peer> StartAsync(PeerKind kind, BenchOptions options, string folder, CancellationToken cancellationToken)
    {
        var program = new[] { "/usr/sbin/nginx",
            Path.Combine(options.Root, "artifacts", "nginx", "usr", "sbin", "nginx") }.FirstOrDefault(File.Exists)
            ?? throw new BenchException("nginx is missing: start through tools/Bench/bench.");
        _ = Directory.CreateDirectory(Path.Combine(folder, "root", "files"));
        var port = FreePort();
        // Bodies lie beside the files, so that a rename turns one into the other. By default nginx writes a body in blocks of 16 KiB.
        var buffer = kind.Name == PeerKind.NginxTuned ? "client_body_buffer_size 256k;" : "";
        await File.WriteAllTextAsync(Path.Combine(folder, "nginx.conf"), $$"""
            daemon off;
            user root;
            worker_processes 2;
            pid {{folder}}/nginx.pid;
            error_log stderr;
            events { worker_connections 1024; }
            http {
                access_log off;
                sendfile on;
                keepalive_requests 1000000;
                client_max_body_size 0;
                {{buffer}}
                client_body_temp_path {{folder}}/bodies;
                proxy_temp_path {{folder}}/proxy;
                fastcgi_temp_path {{folder}}/fastcgi;
                uwsgi_temp_path {{folder}}/uwsgi;
                scgi_temp_path {{folder}}/scgi;
                server {
                    listen 127.0.0.1:{{port}} backlog=1024;
                    root {{folder}}/root;
                    location /files/ { dav_methods PUT DELETE; }
                }
            }
            """, cancellationToken);
        var group = ControlGroup.Create();
        var process = GroupedProcess.Start(group, folder, program, "-p", folder, "-c", Path.Combine(folder, "nginx.conf"), "-e", "stderr");
        // nginx prints nothing when it listens.
        while (!Listens(port))
        {
            if (process.HasExited)
                throw new BenchException("nginx did not start.");
            await Task.Delay(BetweenLooks, TimeProvider.System, cancellationToken);
        }

        return new Peer { Kind = kind, Address = new Uri($"http://127.0.0.1:{port}"), Group = group, Process = process };
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool Listens(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
