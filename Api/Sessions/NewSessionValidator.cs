using ChunkUpload.Api.Tree;
using ChunkUpload.Core.Tree;
using FluentValidation;

namespace ChunkUpload.Api.Sessions;

/// <summary>Validates the fields of a new session. Core decides whether the service has room for it.</summary>
internal sealed class NewSessionValidator : AbstractValidator<NewSessionBody>
{
    public NewSessionValidator(UploadOptions options)
    {
        RuleFor(body => body.FileName).Custom((name, context) =>
        {
            if (context.InstanceToValidate is { TransferId: not null })
                return;
            if ((name is not null || context.InstanceToValidate.Path is null) && FileNameRule.Fault(name) is { } fault)
                context.AddFailure("fileName", fault);
        });
        RuleFor(body => body).Custom((body, context) =>
        {
            if (RelaySession.Fault(body) is { } relay)
                context.AddFailure("transferId", relay);
            if (body.Path is null && (body.Space ?? body.ModifiedAt ?? body.Mode ?? body.Conflict) is not null)
                context.AddFailure("path", "space, modifiedAt, mode and conflict need a path.");
            if (body.Revision is not null && body is not { Path: not null, Conflict: "replace" })
                context.AddFailure("revision", "revision needs a path, and conflict to be replace.");
            WantedPlaceText.Read(body.Path, body.ModifiedAt, body.Mode, body.Conflict, out var fault);
            if (fault is not null)
                context.AddFailure("path", fault);
        });
        RuleFor(body => body.Space).Must(space => EntryId.TryParse(space, out _)).When(body => body.Space is not null)
            .OverridePropertyName("space").WithMessage("space must be the id of a space. GET /api/spaces lists them.");
        RuleFor(body => body.Size).GreaterThanOrEqualTo(0).OverridePropertyName("size")
            .WithMessage("size is a number of bytes from 0 on, or null.");
        RuleFor(body => body.ContentType).Must(type => MediaTypeRule.Allows(type!)).When(body => body.ContentType is not null)
            .OverridePropertyName("contentType").WithMessage("contentType must be a media type such as video/mp4, at most 255 characters.");
        RuleFor(body => body.Sha256).Must(text => Sha256Digest.TryParseHex(text, out _)).When(body => body.Sha256 is not null)
            .OverridePropertyName("sha256").WithMessage("sha256 must be the 64 hexadecimal digits of a SHA-256.");
        RuleFor(body => body.Priority).Must(word => BandwidthPriorities.Parse(word) is not null).When(body => body.Priority is not null)
            .OverridePropertyName("priority").WithMessage(ChangeSession.PriorityFault);
        RuleFor(body => body.Metadata).Custom((metadata, context) =>
        {
            if (MetadataRule.Fault(metadata) is { } fault)
                context.AddFailure("metadata", fault);
        });
        var most = (long)options.MaxIdleExpiry.TotalSeconds;
        RuleFor(body => body.ExpiresInSeconds).InclusiveBetween(1, most).When(body => body.ExpiresInSeconds is not null)
            .OverridePropertyName("expiresInSeconds").WithMessage($"expiresInSeconds is a whole number from 1 to {most}.");
    }
}
