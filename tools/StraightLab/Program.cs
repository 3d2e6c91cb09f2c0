using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

// Sends a file to another process over plain TLS, from disk to disk: what straight transfers are compared with.
//   StraightLab serve ADDRESS:PORT FILE    sends the file to one connection
//   StraightLab fetch ADDRESS:PORT FILE    writes what comes
const int block = 256 << 10;
if (args is not [("serve" or "fetch") and var verb, var at, var path] || !IPEndPoint.TryParse(at, out var address))
{
    await Console.Error.WriteLineAsync("StraightLab serve|fetch ADDRESS:PORT FILE");
    return 2;
}

var buffer = new byte[block];
if (verb == "serve")
{
    using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    using var made = new CertificateRequest("CN=lab", key, HashAlgorithmName.SHA256).CreateSelfSigned(
        DateTimeOffset.UnixEpoch, new DateTimeOffset(9999, 1, 1, 0, 0, 0, TimeSpan.Zero));
    using var listener = new TcpListener(address);
    listener.Start();
    await Console.Out.WriteLineAsync("ready");
    using var client = await listener.AcceptTcpClientAsync();
    await using var tls = new SslStream(client.GetStream());
    await tls.AuthenticateAsServerAsync(made);
    using var file = File.OpenHandle(path, options: FileOptions.Asynchronous);
    for (long offset = 0; await RandomAccess.ReadAsync(file, buffer, offset) is > 0 and var read; offset += read)
        await tls.WriteAsync(buffer.AsMemory(0, read));
    await tls.ShutdownAsync();
    return 0;
}

using (var client = new TcpClient())
{
    await client.ConnectAsync(address);
#pragma warning disable CA5359 // The certificate was made a moment ago by the other end, and only the time counts.
    await using var tls = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
#pragma warning restore CA5359
    await tls.AuthenticateAsClientAsync("lab");
    using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.Asynchronous);
    for (long offset = 0; await tls.ReadAsync(buffer) is > 0 and var read; offset += read)
        await RandomAccess.WriteAsync(file, buffer.AsMemory(0, read), offset);
}

return 0;
