using System.Text;
using System.Text.Json;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Wire;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;

namespace ChunkUpload.Api.Swagger;

/// <summary>The contract as bytes that all answers share. Building it costs 90 ms of processor time, so it is built once.</summary>
internal sealed class ContractDocument(IServiceProvider services, TimeProvider time)
{
    /// <summary>The placeholder in the texts for the address at which the contract is served.</summary>
    public const string SampleAddress = "http://127.0.0.1:8080";

    // The client chooses the Host header: invented names must neither fill the memory with copies nor push out a copy that is in use.
    private const int MaxAddresses = 4;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Made> _copies = new(StringComparer.Ordinal);
    private Task<string>? _text;

    /// <summary>
    /// Returns the contract with the address by which this client reaches the service. When the cache is full of addresses in use, a
    /// further address gets a copy of its own, uncompressed because compressing costs more than all the rest.
    /// </summary>
    public Task<SharedBytes> ForAsync(HttpRequest request)
    {
        var (address, now) = (PublicAddress.Of(request, ""), time.GetTimestamp());
        lock (_lock)
        {
            if (_copies.GetValueOrDefault(address) is { Copy.IsFaulted: false } made)
            {
                made.UsedAt = now;
                return made.Copy;
            }

            if (_copies.Count >= MaxAddresses)
            {
                var (oldest, copy) = _copies.MinBy(copy => copy.Value.UsedAt);
                if (time.GetElapsedTime(copy.UsedAt, now) < Kept)
                    return CopyAsync(address, compressed: false);
                _ = _copies.Remove(oldest);
            }

            return (_copies[address] = new Made(CopyAsync(address, compressed: true)) { UsedAt = now }).Copy;
        }
    }

    private Task<SharedBytes> CopyAsync(string address, bool compressed) => Task.Run(async () =>
    {
        var named = JsonEncodedText.Encode(address).ToString();
        var text = (await TextAsync()).Replace(SampleAddress, named, StringComparison.Ordinal);
        return new SharedBytes(Encoding.UTF8.GetBytes(text), compressed);
    });

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
        /// <summary>When a client was last given it, as a timestamp of the clock.</summary>
        public long UsedAt { get; set; }
    }
}
