using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Api.Metrics;

[Settings("Telemetry")]
internal sealed class TelemetryOptions : IValidatableObject
{
    [Description(
        "Operators with an OpenTelemetry collector set the address to which traces and metrics are sent by OTLP (gRPC), such as "
        + "http://127.0.0.1:4317. Not set: nothing is sent.")]
    public string? OtlpEndpoint { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (OtlpEndpoint is not null
            && (!Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")))
            yield return new ValidationResult("Telemetry:OtlpEndpoint must be an http or https address.", [nameof(OtlpEndpoint)]);
    }
}
