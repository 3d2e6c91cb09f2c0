using FluentValidation;

namespace ChunkUpload.Api.Advisor;

/// <summary>Refuses values that cannot be right. Values that are only improbable are clamped later.</summary>
internal sealed class AdviceValidator : AbstractValidator<AdviceRequestBody>
{
    private static readonly string[] Protocols = ["session", "put", "tus", "ietf"];
    private static readonly string[] EffectiveTypes = ["slow-2g", "2g", "3g", "4g"];

    public AdviceValidator()
    {
        RuleFor(body => body.Size).GreaterThanOrEqualTo(0).OverridePropertyName("size")
            .WithMessage("size is a number of bytes from 0 on, or null.");
        RuleFor(body => body.Protocol).Must(word => word is null || Protocols.Contains(word)).OverridePropertyName("protocol")
            .WithMessage($"protocol is one of {string.Join(", ", Protocols)}.");
        RuleFor(body => body.RoundTripMs).GreaterThanOrEqualTo(0).OverridePropertyName("roundTripMs")
            .WithMessage("roundTripMs is a number of milliseconds from 0 on.");
        RuleFor(body => body.DownlinkMbps).GreaterThanOrEqualTo(0).OverridePropertyName("downlinkMbps")
            .WithMessage("downlinkMbps is a number of Mbit/s from 0 on.");
        RuleFor(body => body.EffectiveType).Must(word => word is null || EffectiveTypes.Contains(word))
            .OverridePropertyName("effectiveType")
            .WithMessage($"effectiveType is one of {string.Join(", ", EffectiveTypes)}.");
    }
}
