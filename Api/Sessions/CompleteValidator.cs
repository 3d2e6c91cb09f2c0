using FluentValidation;

namespace ChunkUpload.Api.Sessions;

internal sealed class CompleteValidator : AbstractValidator<CompleteBody>
{
    public CompleteValidator()
    {
        RuleFor(body => body.Size).GreaterThanOrEqualTo(0).OverridePropertyName("size")
            .WithMessage("size is a number of bytes from 0 on, or null.");
        RuleFor(body => body.Sha256).Must(text => Sha256Digest.TryParseHex(text, out _)).When(body => body.Sha256 is not null)
            .OverridePropertyName("sha256").WithMessage("sha256 must be the 64 hexadecimal digits of a SHA-256.");
    }
}
