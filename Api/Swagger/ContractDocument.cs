using System.Text;
using System.Text.Json;
using ChunkUpload.Api.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace ChunkUpload.Api.Swagger;

/// <summary>The contract as bytes that all responses share. Building it costs 90 ms of processor time, so it is built once.</summary>
internal sealed class ContractDocument(IServiceProvider services, TimeProvider time)
{
    /// <summary>The placeholder in the texts for the address at which the contract is served.</summary>
    public const string SampleAddress = "http://127.0.0.1:8080";

    // The client chooses the Host header: invalid names must neither fill the memory with copies nor evict a copy that is in use.
    private const int MaxAddresses = 4;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Made> _copies = new(StringComparer.Ordinal);
    private Task<string>? _text;

    /// <summary>
    /// Returns the contract with the address that this client uses. If the cache is full of addresses in use, other addresses get the copy
    /// with the address that the service listens on, because clients without a key must not create further copies.
    /// </summary>
    public Task<SharedBytes> ForAsync(HttpRequest request)
    {
        var (address, now) = (PublicAddress.Of(request, ""), time.GetTimestamp());
        lock (_lock)
        {
            if (Find(address, now) is { } made)
                return made;
            if (_copies.Count >= MaxAddresses)
            {
                var (oldest, copy) = _copies.MinBy(copy => copy.Value.UsedAt);
                if (time.GetElapsedTime(copy.UsedAt, now) < Kept)
                    return Find(ListenAddress, now) ?? Add(ListenAddress, now);
                _ = _copies.Remove(oldest);
            }

            return Add(address, now);
        }
    }

    private string ListenAddress => services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
        is { } address ? Banner.Reachable(address) : SampleAddress;

    private Task<SharedBytes>? Find(string address, long now)
    {
        if (_copies.GetValueOrDefault(address) is not { Copy.IsFaulted: false } made)
            return null;
        made.UsedAt = now;
        return made.Copy;
    }

    private Task<SharedBytes> Add(string address, long now) =>
        (_copies[address] = new Made(Task.Run(async () => Copy(await TextAsync(), address))) { UsedAt = now }).Copy;

    private static SharedBytes Copy(string text, string address)
    {
        var named = JsonEncodedText.Encode(address).ToString();
        return new SharedBytes(Encoding.UTF8.GetBytes(text.Replace(SampleAddress, named, StringComparison.Ordinal)));
    }

    private Task<string> TextAsync()
    {
        lock (_lock)
            return _text = _text is { IsFaulted: false } ? _text : Task.Run(Build);
    }

    private string Build()
    {
        var document = services.GetRequiredService<ISwaggerProvider>().GetSwagger(ContractRegistration.Version);
        using var text = new StringWriter { NewLine = "\n" };
        document.SerializeAsV3(new OpenApiJsonWriter(text));
        return text.ToString();
    }

    private sealed record Made(Task<SharedBytes> Copy)
    {
        /// <summary>When it was last sent to a client, as a timestamp of the clock.</summary>
        public long UsedAt { get; set; }
    }
}
