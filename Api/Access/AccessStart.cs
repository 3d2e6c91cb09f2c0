using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Hosting.Proxies;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Access;

/// <summary>Before the first request: the key exists, or an open service listens on loopback addresses only.</summary>
internal sealed class AccessStart(
    AccessOptions options, OperatorKey key, IOperatorKeyFile file, HostingOptions hosting, ProxyOptions proxies, ILogger<AccessStart> log) : IStartStep
{
    public int Order => StartOrder.Access;

    public string Name => "access";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Mode == AccessMode.Open)
        {
            foreach (var address in hosting.AllUrls)
            {
                if (!OpenDoor.IsLoopbackName(BindingAddress.Parse(address).Host))
                    throw new StartRefusedException($"Access:Mode=Open serves without a key and needs loopback addresses only, but the service listens on {address}: use http://127.0.0.1 or Access:Mode=Key.");
            }

            if (proxies.Trusted.Length > 0)
                throw new StartRefusedException("Access:Mode=Open serves without a key and this machine only, but Proxy:Trusted names proxies that bring others: use Access:Mode=Key.");
            AccessLog.Open(log);
            return Task.CompletedTask;
        }

        var text = file.ReadOrCreate(OperatorKey.NewText()).Trim();
        if (!OperatorKey.IsWellFormed(text))
            throw new StartRefusedException($"{file.Path} does not hold an operator key: restore it, or remove it and a new one is made at the next start.");
        key.Set(text);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
