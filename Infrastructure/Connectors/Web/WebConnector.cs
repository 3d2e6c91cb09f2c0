using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Core.Connections;
using Microsoft.AspNetCore.DataProtection;

namespace ChunkUpload.Infrastructure.Connectors.Web;

/// <summary>
/// The connector for web addresses as a source. They need no connection. An address may be secret, so it is stored encrypted, and appears
/// in no log, event or call.
/// </summary>
internal sealed class WebConnector(
    ConnectorHttp http, IDataProtectionProvider protection, WebKeeper keeper, TimeProvider time) : IConnector
{
    private const string Prefix = "protected:";

    private readonly IDataProtector _protector = protection.CreateProtector("ChunkUpload.WebAddresses");

    public string Kind => WebAddress.KindName;

    public bool NeedsConnection => false;

    public ISource Source(ConnectorContext context) => new WebSource(this, http, context.Calls, keeper, time);

    public ISink? Sink(ConnectorContext context) => null;

    public Task<Outcome<StorageAccount>> AccountAsync(ConnectorContext context, CancellationToken cancellationToken) =>
        Task.FromResult<Outcome<StorageAccount>>(new StorageAccount(null, null, null));

    public Task RevokeAsync(ConnectorContext context, CancellationToken cancellationToken) => Task.CompletedTask;

    public string Fault(ConnectionSecret secret) => "Web addresses need no connection.";

    public string Stored(string id) => Prefix + Convert.ToBase64String(_protector.Protect(Encoding.UTF8.GetBytes(id)));

    /// <summary>Returns the address for a stored or written id; null if it is invalid.</summary>
    public WebAddress? Find(string id)
    {
        if (!id.StartsWith(Prefix, StringComparison.Ordinal))
            return WebAddress.Parse(id, out _);
        try
        {
            return WebAddress.Parse(Encoding.UTF8.GetString(_protector.Unprotect(Convert.FromBase64String(id[Prefix.Length..]))), out _);
        }
        catch (Exception reason) when (reason is CryptographicException or FormatException)
        {
            return null;
        }
    }
}
