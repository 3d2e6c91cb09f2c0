using ChunkUpload.Api.Access;
using ChunkUpload.Core.Connections;
using FluentValidation;

namespace ChunkUpload.Api.Connections;

/// <summary>The secret of a storage: one of these.</summary>
internal interface IConnectionSecretBody
{
    string? RefreshToken { get; }

    string? ServiceAccount { get; }

    string? AccessKeyId { get; }

    string? SecretAccessKey { get; }
}

internal sealed record NewConnectionBody : IConnectionSecretBody
{
    /// <summary>google-drive, onedrive or s3.</summary>
    public string? Kind { get; init; }

    /// <summary>The display name; the account's name if missing.</summary>
    public string? Title { get; init; }

    /// <summary>A refresh token that the provider has given this service's application.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>The JSON of a service account's key, as one text.</summary>
    public string? ServiceAccount { get; init; }

    /// <summary>The id of an access key for an S3 bucket.</summary>
    public string? AccessKeyId { get; init; }

    public string? SecretAccessKey { get; init; }

    /// <summary>The address of an S3 storage; Amazon's own if missing.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The region of an S3 storage. Amazon's requires one.</summary>
    public string? Region { get; init; }

    /// <summary>The bucket of an S3 storage; all buckets that the key may list if missing.</summary>
    public string? Bucket { get; init; }

    /// <summary>The folder in the bucket to which the connection is limited.</summary>
    public string? Prefix { get; init; }

    /// <summary>
    /// Whether the bucket is named in the path, not in the host name. By default only with an endpoint that is not Amazon's.
    /// </summary>
    public bool? PathStyle { get; init; }

    /// <summary>Required in a user's browser session. A user without a password must have signed in recently.</summary>
    public string? CurrentPassword { get; init; }

    /// <summary>The code of the second factor, if the user has one.</summary>
    public string? Code { get; init; }
}

internal sealed record ConnectionSecretBody : IConnectionSecretBody
{
    /// <summary>A refresh token that the provider has given this service's application.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>The JSON of a service account's key, as one text.</summary>
    public string? ServiceAccount { get; init; }

    /// <summary>The id of an access key for an S3 bucket.</summary>
    public string? AccessKeyId { get; init; }

    public string? SecretAccessKey { get; init; }

    /// <summary>Required in a user's browser session. A user without a password must have signed in recently.</summary>
    public string? CurrentPassword { get; init; }

    /// <summary>The code of the second factor, if the user has one.</summary>
    public string? Code { get; init; }
}

internal sealed record ConnectionChangeBody
{
    public string? Title { get; init; }
}

internal sealed class NewConnectionValidator : AbstractValidator<NewConnectionBody>
{
    public NewConnectionValidator(ConnectorSet connectors)
    {
        RuleFor(body => body.Kind).Must(kind => kind is not null && connectors.Connectable.Contains(kind))
            .OverridePropertyName("kind").WithMessage($"kind must be one of: {string.Join(", ", connectors.Connectable)}.");
        RuleFor(body => body.Title).MustBeTitle("title", needed: false);
        RuleFor(body => body).Custom((body, context) => SecretRules.Check(body, context.AddFailure));
        RuleFor(body => body.CurrentPassword).MayBeCurrentPassword();
        RuleFor(body => body.Code).MayBeCode();
    }
}

internal sealed class ConnectionSecretValidator : AbstractValidator<ConnectionSecretBody>
{
    public ConnectionSecretValidator()
    {
        RuleFor(body => body).Custom((body, context) => SecretRules.Check(body, context.AddFailure));
        RuleFor(body => body.CurrentPassword).MayBeCurrentPassword();
        RuleFor(body => body.Code).MayBeCode();
    }
}

internal sealed class ConnectionChangeValidator : AbstractValidator<ConnectionChangeBody>
{
    public ConnectionChangeValidator() => RuleFor(body => body.Title).MustBeTitle("title", needed: true);
}

internal static class SecretRules
{
    private const int LongestToken = 8192;
    private const int LongestKey = 32 << 10;
    private const int LongestAccessKey = 256;

    public static void Check(IConnectionSecretBody body, Action<string, string> fail)
    {
        var hasKey = body.AccessKeyId is not null || body.SecretAccessKey is not null;
        if ((body.RefreshToken is null ? 0 : 1) + (body.ServiceAccount is null ? 0 : 1) + (hasKey ? 1 : 0) != 1)
            fail("refreshToken", "Send one of refreshToken, serviceAccount, and accessKeyId with secretAccessKey.");
        else if (hasKey && (!IsKey(body.AccessKeyId) || !IsKey(body.SecretAccessKey)))
            fail("accessKeyId", $"Send accessKeyId and secretAccessKey, each of at most {LongestAccessKey} characters without blanks.");
        else if (body.RefreshToken is { } token && (token.Length is 0 or > LongestToken || token.Any(char.IsControl)))
            fail("refreshToken", $"refreshToken must be a token of at most {LongestToken} characters.");
        else if (body.ServiceAccount is { Length: 0 or > LongestKey })
            fail("serviceAccount", $"serviceAccount must be the JSON of a key, at most {LongestKey} characters.");
    }

    private static bool IsKey(string? text) =>
        text is { Length: > 0 and <= LongestAccessKey } && text.All(letter => letter is > ' ' and <= '~');

    public static ConnectionSecret Of(IConnectionSecretBody body) => body.AccessKeyId is { } id
        ? new AccessKey(id, body.SecretAccessKey!).ToSecret()
        : body.RefreshToken is { } token
        ? new ConnectionSecret(SecretKind.RefreshToken, token, null, null)
        : new ConnectionSecret(SecretKind.ServiceAccount, body.ServiceAccount!, null, null);
}
