using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Hosting.Proxies;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Access;

internal enum AccessMode
{
    /// <summary>Every request carries the operator key.</summary>
    Key = 1,

    /// <summary>No key; only on loopback addresses.</summary>
    Open,
}

[Settings("Access")]
internal sealed class AccessOptions : IValidatableObject
{
    [SameOnAllNodes]
    [Description(
        "Who may use the service: Key (holders of the operator key) or Open (every process on this machine; only on loopback addresses). "
        + "Operators set Open to try the service on their own machine.")]
    public AccessMode Mode { get; set; } = AccessMode.Key;

    [Description(
        "Whether programs such as cu may ask for a key, which a person confirms in the console (cu login). Operators set false where "
        + "keys are made by hand only.")]
    public bool KeyRequests { get; set; } = true;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Mode != AccessMode.Open)
            yield break;
        if (validationContext.GetService(typeof(HostingOptions)) is HostingOptions hosting)
        {
            foreach (var address in hosting.AllUrls.Where(IsOpenToOthers))
                yield return new ValidationResult($"Access:Mode=Open serves without a key and needs loopback addresses only, but the "
                    + $"service listens on {address}: use http://127.0.0.1 or Access:Mode=Key.");
        }

        if (validationContext.GetService(typeof(ProxyOptions)) is ProxyOptions { Trusted.Length: > 0 })
            yield return new ValidationResult("Access:Mode=Open serves without a key and this machine only, but Proxy:Trusted names "
                + "proxies that bring others: use Access:Mode=Key.");
    }

    // HostingOptions reports malformed addresses.
    private static bool IsOpenToOthers(string url)
    {
        try
        {
            return !UnauthenticatedAccessPolicy.IsLoopbackName(BindingAddress.Parse(url).Host);
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
