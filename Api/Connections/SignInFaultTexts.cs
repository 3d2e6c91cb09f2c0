using ChunkUpload.Core.Connections;

namespace ChunkUpload.Api.Connections;

/// <summary>The messages for sign-ins that created no connection, for responses and the command line.</summary>
internal static class SignInFaultTexts
{
    public static string Of(ConnectionSignInFault fault) => fault switch
    {
        ConnectionSignInFault.Ended => "The sign-in was used before, took too long, or began elsewhere. Begin again.",
        ConnectionSignInFault.Cancelled => "It was not allowed at the provider. Begin again to allow it.",
        ConnectionSignInFault.Expired => "The code was not entered in time. Begin again.",
        ConnectionSignInFault.NeedsApproval =>
            "An administrator of the account's organization has to approve this service first. Ask them, then begin again.",
        ConnectionSignInFault.AppSecretEnded =>
            "The provider does not accept this service's own client id and secret. The operator of the service can mend that.",
        ConnectionSignInFault.ScopesMissing => "Not all was allowed that is needed. Begin again, and leave all boxes ticked.",
        ConnectionSignInFault.OtherAccount =>
            "It is another account than the connection has. Sign in with that one, or add a new connection.",
        ConnectionSignInFault.TooMany => "The user has as many connections as a user may have. Remove one first.",
        ConnectionSignInFault.Removed => "The connection was removed in the meantime.",
        ConnectionSignInFault.Away => "The provider did not answer. Try again in a moment.",
        _ => "The provider has refused it. Begin again; if that happens again, compare the client id and secret.",
    };
}
