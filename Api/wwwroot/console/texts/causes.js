// Why a request broke.
export const causes = {
  disconnect: 'The connection broke', idle: 'No byte came for too long', 'taken-over': 'A newer request took over',
  stopping: 'The service stopped', length: 'The length was wrong', malformed: 'The body was malformed',
  digest: 'The digest was wrong',
  'no-space': 'No room on the disk', storage: 'The disk failed', verify: 'What was written could not be verified'
}
