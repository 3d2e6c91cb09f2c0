using System.Collections.Frozen;

namespace ChunkUpload.Api.Errors;

/// <summary>The one table of errors: every failure of the service with its code, its status, and whether to retry.</summary>
internal static class ErrorTable
{
    private static readonly FrozenDictionary<UploadError, ErrorRow> Uploads = new Dictionary<UploadError, ErrorRow>
    {
        [UploadError.NotFound] = new(ProblemCodes.NotFound, 404, Retry.Never, "There is no such upload or file"),
        [UploadError.Cancelled] = new(ProblemCodes.Cancelled, 410, Retry.Never, "The upload was cancelled") { Ietf = 404 },
        [UploadError.Expired] = new(ProblemCodes.Expired, 410, Retry.Never, "The upload has expired") { Ietf = 404 },
        [UploadError.Failed] = new(ProblemCodes.Failed, 410, Retry.Never, "The upload has failed") { Ietf = 404 },
        [UploadError.Deleted] = new(ProblemCodes.Deleted, 410, Retry.Never, "The file was deleted") { Ietf = 404 },
        [UploadError.Elsewhere] = new(ProblemCodes.Elsewhere, 503, Retry.Backoff, "The bytes are in another store"),
        // Not 5xx: a retry does not help until an operator restores the bytes.
        [UploadError.Damaged] = new(ProblemCodes.Damaged, 410, Retry.Never, "The stored bytes are damaged") { Ietf = 404 },
        [UploadError.AlreadyCompleted] = new(ProblemCodes.AlreadyCompleted, 410, Retry.Never, "The upload is completed")
        { Tus = 403, Ietf = 400, IetfType = "completed-upload" },
        [UploadError.NotCompleted] = new(ProblemCodes.NotCompleted, 409, Retry.Never, "The upload is not completed"),
        [UploadError.Completing] = new(ProblemCodes.Completing, 409, Retry.Backoff, "The upload is being completed") { Ietf = 423 },
        [UploadError.Checking] = new(ProblemCodes.Checking, 409, Retry.Backoff, "The file is being checked"),
        [UploadError.RefusedByCheck] = new(ProblemCodes.RefusedByCheck, 410, Retry.Never, "The check has refused the file") { Ietf = 404 },
        [UploadError.RefusedByHook] = new(ProblemCodes.RefusedByHook, 403, Retry.Never, "The upload was refused"),
        [UploadError.HookAway] = new(ProblemCodes.HookAway, 503, Retry.Backoff, "The checker of new uploads does not answer"),
        [UploadError.Paused] = new(ProblemCodes.Paused, 409, Retry.Never, "The upload is paused") { Ietf = 423 },
        [UploadError.WrongProtocol] = new(ProblemCodes.WrongProtocol, 409, Retry.Never, "The upload belongs to another protocol")
        { Tus = 404, Ietf = 404 },
        [UploadError.Overlap] = new(ProblemCodes.Overlap, 409, Retry.Never, "Different bytes were already received there"),
        [UploadError.BeyondSize] = new(ProblemCodes.BeyondSize, 413, Retry.Never, "The bytes go beyond the end of the file")
        { Ietf = 400, IetfType = "inconsistent-upload-length" },
        [UploadError.TooLarge] = new(ProblemCodes.TooLarge, 413, Retry.Never, "The upload exceeds a size limit"),
        [UploadError.EmptyChunk] = new(ProblemCodes.EmptyChunk, 400, Retry.Never, "A chunk must have at least one byte"),
        [UploadError.LengthMismatch] = new(ProblemCodes.LengthMismatch, 400, Retry.Never, "The body is not as long as announced"),
        [UploadError.DigestMissing] = new(ProblemCodes.DigestMissing, 400, Retry.Never, "The SHA-256 is missing"),
        [UploadError.DigestMismatch] = new(ProblemCodes.DigestMismatch, 422, Retry.Backoff, "The bytes do not match the declared SHA-256"),
        [UploadError.FileDigestMismatch] = new(
            ProblemCodes.FileDigestMismatch, 422, Retry.Never, "The whole file does not match the declared SHA-256")
        { Ietf = 400 },
        // The status that tus defines for it.
        [UploadError.ChecksumMismatch] =
            new(ProblemCodes.ChecksumMismatch, 460, Retry.AtOnce, "The bytes do not match the declared checksum")
            { Ietf = 400 },
        [UploadError.ChecksumMissing] = new(ProblemCodes.ChecksumMissing, 400, Retry.Never, "The announced checksum is missing"),
        [UploadError.PartsMismatch] = new(ProblemCodes.PartsMismatch, 409, Retry.Never, "The parts cannot be joined") { Tus = 400 },
        [UploadError.Joined] = new(ProblemCodes.Joined, 409, Retry.Never, "The upload is made of other uploads") { Tus = 403 },
        [UploadError.SizeMismatch] = new(ProblemCodes.SizeMismatch, 409, Retry.Never, "The sizes do not agree")
        { Tus = 400, Ietf = 400, IetfType = "inconsistent-upload-length" },
        [UploadError.SizeUnknown] = new(ProblemCodes.SizeUnknown, 409, Retry.Never, "The file's size is not known yet"),
        [UploadError.MissingRanges] = new(ProblemCodes.MissingRanges, 409, Retry.Never, "Bytes are missing"),
        [UploadError.NoSuchRange] = new(ProblemCodes.NoSuchChunk, 404, Retry.Never, "No bytes are stored there"),
        [UploadError.PrefixConflict] = new(ProblemCodes.PrefixConflict, 409, Retry.AtOnce, "Another part of the chunk is already stored"),
        [UploadError.OffsetConflict] = new(ProblemCodes.OffsetConflict, 409, Retry.AtOnce, "The upload is at another offset")
        { IetfType = "mismatching-upload-offset" },
        [UploadError.IdempotencyMismatch] = new(
            ProblemCodes.IdempotencyMismatch, 422, Retry.Never, "The Idempotency-Key was used for a different request"),
        [UploadError.Interrupted] = new(ProblemCodes.Interrupted, 400, Retry.Backoff, "The request broke off") { Tus = 409 },
        [UploadError.MalformedBody] = new(ProblemCodes.MalformedBody, 400, Retry.Never, "The body's framing is broken"),
        [UploadError.IdleTimeout] = new(ProblemCodes.IdleTimeout, 408, Retry.Backoff, "The client sent nothing for too long") { Tus = 409 },
        [UploadError.TakenOver] = new(ProblemCodes.TakenOver, 409, Retry.Backoff, "A newer request has taken over the upload"),
        [UploadError.NoSpace] = new(ProblemCodes.NoSpace, 507, Retry.Backoff, "The disk is full"),
        // Not 507, which common clients retry; it is used for full disks.
        [UploadError.QuotaExceeded] = new(ProblemCodes.QuotaExceeded, 413, Retry.Never, "A quota has no room left"),
        [UploadError.StoreDegraded] = new(ProblemCodes.StorageDegraded, 503, Retry.Backoff, "The storage does not accept writes"),
        [UploadError.VerifyFailed] = new(ProblemCodes.VerifyFailed, 503, Retry.Backoff, "The written bytes could not be read back"),
        [UploadError.StorageFailed] = new(ProblemCodes.StorageFailed, 503, Retry.Backoff, "The storage failed"),
        [UploadError.LedgerUnavailable] = new(ProblemCodes.LedgerUnavailable, 503, Retry.Backoff, "The database cannot be reached"),
        [UploadError.Stopping] = new(ProblemCodes.Stopping, 503, Retry.Backoff, "The service is stopping"),
        [UploadError.NoEntry] = new(ProblemCodes.NoEntry, 404, Retry.Never, "There is no such file or folder"),
        [UploadError.ReadOnly] = new(ProblemCodes.ReadOnly, 403, Retry.Never, "The space may be read but not changed"),
        [UploadError.NameTaken] = new(ProblemCodes.NameTaken, 409, Retry.Never, "The name is taken"),
        [UploadError.NotFolder] = new(ProblemCodes.NotFolder, 409, Retry.Never, "It is not a folder"),
        [UploadError.NotFile] = new(ProblemCodes.NotFile, 409, Retry.Never, "It is not a file"),
        [UploadError.NoFolder] = new(ProblemCodes.NoFolder, 409, Retry.Never, "The folder is missing"),
        [UploadError.EntryChanged] = new(ProblemCodes.EntryChanged, 412, Retry.Never, "The entry has changed"),
        [UploadError.CurrentVersion] = new(ProblemCodes.CurrentVersion, 409, Retry.Never, "The version is the present content"),
        [UploadError.TooManyPolicies] = new(ProblemCodes.TooManyPolicies, 409, Retry.Never, "The space may have no more policies"),
        [UploadError.TooDeep] = new(ProblemCodes.TooDeep, 409, Retry.Never, "The tree would be too deep"),
        [UploadError.IntoItself] = new(ProblemCodes.IntoItself, 409, Retry.Never, "A folder cannot be put into itself"),
        [UploadError.RootFolder] = new(ProblemCodes.RootFolder, 409, Retry.Never, "The root folder cannot be moved or removed"),
        [UploadError.ContentUnknown] = new(ProblemCodes.ContentUnknown, 409, Retry.Never, "The content is not known here"),
        [UploadError.LinkClosed] = new(ProblemCodes.LinkClosed, 410, Retry.Never, "The link has ended"),
        [UploadError.LinkSize] = new(ProblemCodes.LinkSize, 413, Retry.Never, "The file is larger than the link allows"),
        [UploadError.LinkFiles] = new(ProblemCodes.LinkFiles, 403, Retry.Never, "The link accepts no more files"),
        [UploadError.LinkBytes] = new(ProblemCodes.LinkBytes, 413, Retry.Never, "The link accepts no more bytes"),
        [UploadError.LinkType] = new(ProblemCodes.LinkType, 415, Retry.Never, "The link does not accept files of this type"),
        [UploadError.LinkName] = new(ProblemCodes.LinkName, 403, Retry.Never, "The link does not accept files of this name"),
        [UploadError.TypeNotAllowed] = new(ProblemCodes.TypeNotAllowed, 415, Retry.Never, "Files of this type are not allowed"),
        [UploadError.TypeMismatch] = new(ProblemCodes.TypeMismatch, 415, Retry.Never, "The file is not of the declared type"),
        [UploadError.NameNotAllowed] = new(ProblemCodes.NameNotAllowed, 403, Retry.Never, "Files of this name are not allowed"),
        [UploadError.MetadataRefused] = new(ProblemCodes.MetadataRefused, 403, Retry.Never, "The metadata breaks a rule"),
        // Retry is useless: a lock may last for an hour, and the client must send its token or ask a person.
        [UploadError.Locked] = new(ProblemCodes.Locked, 423, Retry.Never, "The resource is locked"),
        [UploadError.LockedBelow] = new(ProblemCodes.LockedBelow, 423, Retry.Never, "Something in the folder is locked"),
        [UploadError.LockConflict] = new(ProblemCodes.LockConflict, 423, Retry.Never, "Another lock applies there"),
        [UploadError.NoLock] = new(ProblemCodes.NoLock, 409, Retry.Never, "There is no such lock"),
        [UploadError.TooManyLocks] = new(ProblemCodes.TooManyLocks, 403, Retry.Never, "There are too many locks"),
        [UploadError.TooManyProperties] = new(ProblemCodes.TooManyProperties, 413, Retry.Never, "The properties are too large"),
        [UploadError.Published] = new(ProblemCodes.Published, 409, Retry.Never, "The upload is a file of the tree") { Tus = 403 },
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<RequestError, ErrorRow> Requests = new Dictionary<RequestError, ErrorRow>
    {
        [RequestError.Unauthorized] = new(ProblemCodes.Unauthorized, 401, Retry.Never, "A key is needed"),
        [RequestError.InvalidKey] = new(ProblemCodes.InvalidKey, 401, Retry.Never, "The key is not valid"),
        [RequestError.InvalidPassword] = new(ProblemCodes.InvalidPassword, 401, Retry.Never, "The name or the password is wrong"),
        [RequestError.PasswordNeeded] = new(ProblemCodes.PasswordNeeded, 400, Retry.Never, "A password is needed"),
        [RequestError.CodeNeeded] = new(ProblemCodes.CodeNeeded, 401, Retry.Never, "A code of the second factor is needed"),
        [RequestError.InvalidCode] = new(ProblemCodes.InvalidCode, 401, Retry.Never, "The code is wrong"),
        [RequestError.NoSecondFactor] = new(ProblemCodes.NoSecondFactor, 409, Retry.Never, "There is no second factor"),
        [RequestError.SecondFactorOn] = new(ProblemCodes.SecondFactorOn, 409, Retry.Never, "There is a second factor"),
        [RequestError.NotPermitted] = new(ProblemCodes.NotPermitted, 403, Retry.Never, "No permission for this call"),
        [RequestError.SessionEnded] = new(ProblemCodes.SessionEnded, 401, Retry.Never, "The session has ended"),
        [RequestError.LinkEnded] = new(ProblemCodes.LinkEnded, 401, Retry.Never, "The sign-in link has ended"),
        [RequestError.LinkLocked] = new(ProblemCodes.LinkLocked, 401, Retry.Never, "The link needs its password"),
        [RequestError.NoSuchLink] = new(ProblemCodes.NoSuchLink, 404, Retry.Never, "There is no such link"),
        [RequestError.InvalidCsrfToken] = new(ProblemCodes.InvalidCsrfToken, 403, Retry.Never, "The antiforgery token is missing or wrong"),
        [RequestError.RateLimited] = new(ProblemCodes.RateLimited, 429, Retry.Backoff, "Too many requests"),
        [RequestError.Overloaded] = new(ProblemCodes.Overloaded, 503, Retry.Backoff, "The service accepts no more such requests now"),
        [RequestError.TooManyAttempts] = new(ProblemCodes.TooManyAttempts, 429, Retry.Backoff, "Too many failed attempts"),
        [RequestError.ForbiddenOrigin] = new(ProblemCodes.ForbiddenOrigin, 403, Retry.Never, "Requests from this site are not allowed"),
        [RequestError.TlsNeeded] = new(ProblemCodes.TlsNeeded, 403, Retry.Never, "The connection must be encrypted"),
        [RequestError.NoSuchRoute] = new(ProblemCodes.NoSuchRoute, 404, Retry.Never, "There is nothing at this address"),
        [RequestError.MethodNotAllowed] = new(ProblemCodes.MethodNotAllowed, 405, Retry.Never, "The address does not support this method"),
        [RequestError.MediaTypeNotSupported] =
            new(ProblemCodes.UnsupportedMediaType, 415, Retry.Never, "The call does not support this content type"),
        [RequestError.BodyTooLarge] = new(ProblemCodes.BodyTooLarge, 413, Retry.Never, "The body is too large"),
        [RequestError.AbsurdRatio] = new(ProblemCodes.AbsurdRatio, 413, Retry.Never, "The body decodes to too many bytes"),
        [RequestError.MalformedJson] = new(ProblemCodes.MalformedJson, 400, Retry.Never, "The body is not the expected JSON"),
        [RequestError.MalformedXml] = new(ProblemCodes.MalformedXml, 400, Retry.Never, "The body is not the expected XML"),
        [RequestError.MalformedTar] = new(ProblemCodes.MalformedTar, 400, Retry.Never, "The body is not a tar archive"),
        [RequestError.MemberNotSupported] =
            new(ProblemCodes.MemberNotSupported, 415, Retry.Never, "A member of this type cannot be stored"),
        [RequestError.InvalidField] = new(ProblemCodes.InvalidField, 400, Retry.Never, "A field is not valid"),
        [RequestError.InvalidParameter] = new(ProblemCodes.InvalidParameter, 400, Retry.Never, "A query parameter is not valid"),
        [RequestError.InvalidCursor] = new(ProblemCodes.InvalidCursor, 400, Retry.Never, "The cursor is not valid"),
        [RequestError.InvalidOffset] = new(ProblemCodes.InvalidOffset, 400, Retry.Never, "The offset is not valid"),
        [RequestError.InvalidName] = new(ProblemCodes.InvalidName, 400, Retry.Never, "The file name is not valid"),
        [RequestError.InvalidPath] = new(ProblemCodes.InvalidPath, 400, Retry.Never, "The address is not valid"),
        [RequestError.InvalidHeader] = new(ProblemCodes.InvalidHeader, 400, Retry.Never, "A header is not valid"),
        [RequestError.MalformedDigest] = new(ProblemCodes.MalformedDigest, 400, Retry.Never, "The digest is malformed"),
        [RequestError.DigestConflict] = new(ProblemCodes.DigestConflict, 400, Retry.Never, "Two digests contradict each other"),
        [RequestError.UnknownAlgorithm] =
            new(ProblemCodes.UnknownChecksumAlgorithm, 400, Retry.Never, "The checksum algorithm is not supported"),
        [RequestError.ExtensionOff] = new(ProblemCodes.ExtensionOff, 400, Retry.Never, "This tus extension is switched off"),
        [RequestError.UnsupportedVersion] =
            new(ProblemCodes.UnsupportedVersion, 412, Retry.Never, "This version of the protocol is not supported"),
        [RequestError.ClientNotSupported] =
            new(ProblemCodes.ClientNotSupported, 400, Retry.Never, "This version of the client is not supported"),
        [RequestError.TooSmall] = new(ProblemCodes.TooSmall, 400, Retry.Never, "The upload is smaller than a limit allows"),
        [RequestError.PreconditionFailed] = new(ProblemCodes.PreconditionFailed, 412, Retry.Never, "A precondition does not hold"),
        [RequestError.RangeNotSatisfiable] = new(ProblemCodes.RangeNotSatisfiable, 416, Retry.Never, "The range lies outside the file"),
        [RequestError.TooManyRanges] = new(ProblemCodes.TooManyRanges, 416, Retry.Never, "Too many ranges in one request"),
        [RequestError.BadRequest] = new(ProblemCodes.BadRequest, 400, Retry.Never, "The request is malformed"),
        [RequestError.RequestTimeout] = new(ProblemCodes.RequestTimeout, 408, Retry.Backoff, "The request took too long"),
        [RequestError.HeadersTooLarge] = new(ProblemCodes.HeadersTooLarge, 431, Retry.Never, "The headers are too large"),
        [RequestError.UriTooLong] = new(ProblemCodes.UriTooLong, 414, Retry.Never, "The address is too long"),
        [RequestError.NoSuchJob] = new(ProblemCodes.NoSuchJob, 404, Retry.Never, "There is no such job"),
        [RequestError.JobRunning] = new(ProblemCodes.JobRunning, 409, Retry.Backoff, "The job is running"),
        [RequestError.JobsOff] = new(ProblemCodes.JobsOff, 409, Retry.Never, "Jobs are switched off"),
        [RequestError.NoSuchNode] = new(ProblemCodes.NoSuchNode, 404, Retry.Never, "There is no such node"),
        [RequestError.NodeRuns] = new(ProblemCodes.NodeRuns, 409, Retry.Never, "The node runs"),
        [RequestError.IssuerUnavailable] =
            new(ProblemCodes.IssuerUnavailable, 503, Retry.Backoff, "The issuer cannot be reached"),
        [RequestError.TooManyListeners] = new(ProblemCodes.TooManyListeners, 503, Retry.Backoff, "Too many clients listen"),
        [RequestError.NameInUse] = new(ProblemCodes.NameInUse, 409, Retry.Never, "The name is in use"),
        [RequestError.NoSuchUser] = new(ProblemCodes.NoSuchUser, 404, Retry.Never, "There is no such user"),
        [RequestError.NoSuchKey] = new(ProblemCodes.NoSuchKey, 404, Retry.Never, "There is no such key"),
        [RequestError.NoSuchKeyRequest] = new(ProblemCodes.NoSuchKeyRequest, 404, Retry.Never, "No program waits with this code"),
        [RequestError.KeyRevoked] = new(ProblemCodes.KeyRevoked, 409, Retry.Never, "The key was revoked"),
        [RequestError.NoSuchTenant] = new(ProblemCodes.NoSuchTenant, 404, Retry.Never, "There is no such tenant"),
        [RequestError.NoSuchSignIn] = new(ProblemCodes.NoSuchSignIn, 404, Retry.Never, "There is no such session"),
        [RequestError.NoSuchAccount] = new(ProblemCodes.NoSuchAccount, 404, Retry.Never, "There is no such linked account"),
        [RequestError.LastWayIn] = new(ProblemCodes.LastWayIn, 409, Retry.Never, "It is the last way to sign in"),
        [RequestError.SignInAgain] = new(ProblemCodes.SignInAgain, 403, Retry.Never, "A fresh sign-in is needed"),
        [RequestError.NoTeamSpace] = new(ProblemCodes.NoTeamSpace, 409, Retry.Never, "The space has no members of its own"),
        [RequestError.SpaceNotEmpty] = new(ProblemCodes.SpaceNotEmpty, 409, Retry.Never, "The space is not empty"),
        [RequestError.TooManySpaces] = new(ProblemCodes.TooManySpaces, 409, Retry.Never, "The caller may have no more spaces"),
        [RequestError.NoSuchWebhook] = new(ProblemCodes.NoSuchWebhook, 404, Retry.Never, "There is no such webhook"),
        [RequestError.NoSuchDelivery] = new(ProblemCodes.NoSuchDelivery, 404, Retry.Never, "There is no such delivery"),
        [RequestError.TooManyWebhooks] = new(ProblemCodes.TooManyWebhooks, 409, Retry.Never, "The tenant may have no more webhooks"),
        [RequestError.NoSuchConnection] = new(ProblemCodes.NoSuchConnection, 404, Retry.Never, "There is no such connection"),
        [RequestError.TooManyConnections] = new(
            ProblemCodes.TooManyConnections, 409, Retry.Never, "The user may have no more connections"),
        [RequestError.ConnectionFailed] = new(ProblemCodes.ConnectionFailed, 409, Retry.Never, "The other storage refuses it"),
        [RequestError.NoSuchProviderSignIn] = new(
            ProblemCodes.NoSuchProviderSignIn, 404, Retry.Never, "There is no such sign-in at a provider"),
        [RequestError.NoSuchTransfer] = new(ProblemCodes.NoSuchTransfer, 404, Retry.Never, "There is no such transfer"),
        [RequestError.TransferEnded] = new(ProblemCodes.TransferEnded, 409, Retry.Never, "The transfer has ended"),
        [RequestError.TransferNotPlanned] = new(
            ProblemCodes.TransferNotPlanned, 409, Retry.Never, "The transfer has no plan to approve"),
        [RequestError.NoSuchSchedule] = new(ProblemCodes.NoSuchSchedule, 404, Retry.Never, "There is no such schedule"),
        [RequestError.NoSuchSync] = new(ProblemCodes.NoSuchSync, 404, Retry.Never, "There is no such pair"),
        [RequestError.SyncQuestionChanged] = new(ProblemCodes.SyncQuestionChanged, 409, Retry.Never, "The pair asks another question now"),
        [RequestError.NoSuchConflict] = new(ProblemCodes.NoSuchConflict, 404, Retry.Never, "There is no such conflict"),
        [RequestError.ConflictChanged] = new(ProblemCodes.ConflictChanged, 409, Retry.Never, "The conflict has changed"),
        [RequestError.ConflictLoserGone] = new(
            ProblemCodes.ConflictLoserGone, 410, Retry.Never, "The file that was replaced is not kept any more"),
        [RequestError.TooManySyncs] = new(ProblemCodes.TooManySyncs, 409, Retry.Never, "There are too many pairs"),
        [RequestError.NoSuchTemplate] = new(ProblemCodes.NoSuchTemplate, 404, Retry.Never, "There is no such template"),
        [RequestError.TransferGoesOn] = new(ProblemCodes.TransferGoesOn, 409, Retry.Never, "The previous transfer is still running"),
        [RequestError.BeginsByArrival] = new(ProblemCodes.BeginsByArrival, 409, Retry.Never, "The schedule starts when a file arrives"),
        [RequestError.TooManyTransfers] = new(ProblemCodes.TooManyTransfers, 409, Retry.Never, "Too many transfers are open"),
        [RequestError.EqualTransferOpen] = new(
            ProblemCodes.EqualTransferOpen, 409, Retry.Never, "A transfer that does the same is still open"),
        [RequestError.NoSuchProject] = new(ProblemCodes.NoSuchProject, 404, Retry.Never, "There is no such project"),
        [RequestError.NoSuchDevice] = new(ProblemCodes.NoSuchDevice, 404, Retry.Never, "There is no such device"),
        [RequestError.NoSuchFolder] = new(ProblemCodes.NoSuchFolder, 404, Retry.Never, "No such folder is served"),
        [RequestError.NoSuchInvitation] = new(ProblemCodes.NoSuchInvitation, 404, Retry.Never, "The invitation is not valid"),
        [RequestError.NotYourDevice] = new(ProblemCodes.NotYourDevice, 403, Retry.Never, "The device is not that of the key"),
        [RequestError.ProjectArchived] = new(ProblemCodes.ProjectArchived, 409, Retry.Never, "The project is archived"),
        [RequestError.PlaceTaken] = new(ProblemCodes.PlaceTaken, 409, Retry.Never, "The place in the project is taken"),
        [RequestError.TooManyFolders] = new(ProblemCodes.TooManyFolders, 409, Retry.Never, "The project has no room for a folder"),
        [RequestError.TooManyInvitations] = new(
            ProblemCodes.TooManyInvitations, 409, Retry.Never, "The project has too many invitations"),
        [RequestError.Resync] = new(ProblemCodes.Resync, 409, Retry.Never, "The batch does not follow the last one"),
        [RequestError.NoSuchFile] = new(ProblemCodes.NoSuchFile, 404, Retry.Never, "The project has no such file"),
        [RequestError.FileChanged] = new(ProblemCodes.FileChanged, 409, Retry.Never, "The file has changed"),
        [RequestError.DeclinedLately] = new(ProblemCodes.DeclinedLately, 409, Retry.Backoff, "The file was declined a moment ago"),
        [RequestError.DayUsedUp] = new(ProblemCodes.DayUsedUp, 409, Retry.Backoff, "The bytes of this day are used up"),
        [RequestError.TooLargeForRelay] =
            new(ProblemCodes.TooLargeForRelay, 409, Retry.Never, "The file is too large to be sent through the service"),
        [RequestError.TransferClaimed] = new(ProblemCodes.TransferClaimed, 409, Retry.Never, "The attempt belongs to another agent"),
        [RequestError.AttemptOver] = new(ProblemCodes.AttemptOver, 409, Retry.Never, "The attempt has ended"),
        [RequestError.NotApproved] = new(ProblemCodes.NotApproved, 409, Retry.Never, "The transfer is not approved"),
        [RequestError.ReceiverAway] = new(ProblemCodes.ReceiverAway, 409, Retry.Backoff, "The receiver is offline"),
        [RequestError.NoRelayRoom] =
            new(ProblemCodes.NoRelayRoom, 409, Retry.Backoff, "The service has no room for the member's file"),
        [RequestError.AnsweredAlready] = new(ProblemCodes.AnsweredAlready, 409, Retry.Never, "The request was answered already"),
        [RequestError.NotYet] = new(ProblemCodes.NotYet, 503, Retry.Backoff, "No byte has arrived yet"),
        [RequestError.NotSent] = new(ProblemCodes.NotSent, 409, Retry.Backoff, "The file has not arrived completely"),
        [RequestError.HashMismatch] = new(ProblemCodes.HashMismatch, 409, Retry.Never, "The digest is not that of the file"),
        [RequestError.NotFailed] = new(ProblemCodes.NotFailed, 409, Retry.Never, "The transfer has not failed"),
        [RequestError.StraightOnly] = new(ProblemCodes.StraightOnly, 409, Retry.Never, "The file is not sent through the service"),
        [RequestError.NoStraightWay] =
            new(ProblemCodes.NoStraightWay, 409, Retry.Backoff, "The file cannot be sent directly between devices"),
        [RequestError.PartlyRelayed] = new(ProblemCodes.PartlyRelayed, 409, Retry.Never, "The service has only a part of the file"),
        [RequestError.TransferGone] = new(ProblemCodes.TransferGone, 410, Retry.Never, "The transfer has ended"),
        [RequestError.NotReady] = new(ProblemCodes.NotReady, 503, Retry.Backoff, "The service is not ready"),
        [RequestError.InternalError] = new(ProblemCodes.InternalError, 500, Retry.Backoff, "The service failed unexpectedly"),
    }.ToFrozenDictionary();

    /// <summary>All rows in the order of the failures.</summary>
    public static IEnumerable<ErrorRow> All => Enum.GetValues<UploadError>().Select(Of).Concat(Enum.GetValues<RequestError>().Select(Of));

    public static ErrorRow Of(UploadError error) => Uploads[error];

    public static ErrorRow Of(RequestError error) => Requests[error];
}
